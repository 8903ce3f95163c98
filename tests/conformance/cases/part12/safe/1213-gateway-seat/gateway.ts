import { ConnectedSocket, MessageBody, SubscribeMessage, WebSocketGateway, WebSocketServer, WsException } from '@nestjs/websockets';
import type { Server, Socket } from 'socket.io';
import { UsersService } from './users.service';

interface TakeSeat {
  table: string;
  seat: number;
}

@WebSocketGateway({ namespace: 'poker' })
export class TableGateway {
  @WebSocketServer() server!: Server;
  private readonly seats = new Map<string, { userId: string; name: string }>();

  constructor(private readonly users: UsersService) {}

  @SubscribeMessage('seat:take')
  async take(@ConnectedSocket() socket: Socket, @MessageBody() { table, seat }: TakeSeat) {
    const key = `${table}/${seat}`;
    const userId = socket.data.userId as string;
    if (this.seats.has(key)) throw new WsException('taken');
    this.seats.set(key, { userId, name: '' });
    const user = await this.users.find(userId).catch(() => null);
    if (!user) {
      this.seats.delete(key);
      throw new WsException('unknown user');
    }
    await socket.join(table);
    this.server.to(table).emit('seat:taken', { seat, userId });
    return { event: 'seat:ok', data: seat };
  }
}
