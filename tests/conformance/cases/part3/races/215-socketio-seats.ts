// pattern: Socket.IO: list of players copied before the profile is loaded, stored after it
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
      const game = games.get(gameId) ?? { players: [], started: false };
      const { players } = game;
      if (players.length >= 4) return ack(false);
      const profile = await loadProfile(socket.id);
      games.set(gameId, { ...game, players: [...players, profile.name] }); // RACE: lost-update
      await socket.join(gameId);
      io.to(gameId).emit('players', games.get(gameId)?.players);
      ack(true);
    });
  });
}
