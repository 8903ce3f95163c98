// pattern: checked again after the validation
import { createServer } from 'node:http';
import { Server, type Socket } from 'socket.io';
import { referee } from './referee';

interface Game {
  turn: 'x' | 'o';
  moves: number;
  board: Map<number, 'x' | 'o'>;
}

const games = new Map<string, Game>();
const io = new Server(createServer());

async function onMove(this: Socket, gameId: string, side: 'x' | 'o', cell: number): Promise<void> {
  const game = games.get(gameId);
  if (!game || game.turn !== side) return;
  const legal = await referee.isLegal(gameId, cell);
  if (!legal || game.turn !== side || game.board.has(cell)) return;
  game.board.set(cell, side);
  game.moves += 1;
  game.turn = side === 'x' ? 'o' : 'x';
  io.to(gameId).emit('moved', { cell, side, moves: game.moves });
}

io.on('connection', (socket) => {
  socket.on('create', (gameId: string) => {
    if (!games.has(gameId)) games.set(gameId, { turn: 'x', moves: 0, board: new Map() });
  });
  socket.on('move', onMove.bind(socket));
});
