// pattern: compared again after the hold; a bid that was overtaken gives its hold back
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
      const hold = await wallets.hold(socket.data.userId, cents);
      const lot = (lots[lotId] ??= { highest: 0 });
      if (cents <= lot.highest) {
        await wallets.release(hold);
        return ack(false);
      }
      lot.highest = cents;
      lot.bidder = socket.data.userId;
      io.of('/auction').to(lotId).emit('highest', lot);
      ack(true);
    });
  });
}
