// pattern: profile loaded first; check and change happen in one tick
import { Server } from 'socket.io';
import { loadProfile } from './profiles';

interface Game {
  players: string[];
  started: boolean;
}

const games = new Map<string, Game>();

export function attach(io: Server): void {
  io.on('connection', (socket) => {
    socket.on('join', async (gameId: string, ack: (ok: boolean) => void) => {
      const profile = await loadProfile(socket.id);
      const game = games.get(gameId) ?? { players: [], started: false };
      if (game.players.length >= 4) return ack(false);
      games.set(gameId, { ...game, players: [...game.players, profile.name] });
      await socket.join(gameId);
      io.to(gameId).emit('players', game.players.length + 1);
      ack(true);
    });
  });
}
