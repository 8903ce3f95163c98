// pattern: socket.io: bid compared with the highest, funds held, highest replaced without looking again
import type { Server, Socket } from 'socket.io';
import type { Wallets } from './wallets';

interface Lot {
  highest: number;
  bidder?: string;
}

export function auction(io: Server, wallets: Wallets): void {
  const lots: Record<string, Lot> = {};

  io.of('/auction').on('connection', (socket: Socket) => {
    socket.on('join', (lotId: string) => socket.join(lotId));

    socket.on('bid', async (lotId: string, cents: number, ack: (ok: boolean) => void) => {
      const lot = (lots[lotId] ??= { highest: 0 });
      if (cents <= lot.highest) return ack(false);
      await wallets.hold(socket.data.userId, cents);
      lot.highest = cents; // RACE: check-then-act
      lot.bidder = socket.data.userId;
      io.of('/auction').to(lotId).emit('highest', lot);
      ack(true);
    });
  });
}
