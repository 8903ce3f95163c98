// pattern: state and promise chain belong to one connection; its messages are handled one after the other
import { WebSocketServer, type RawData } from 'ws';
import { translate } from './translate';

interface Command {
  type: 'language' | 'say';
  value: string;
}

export function serve(port: number): WebSocketServer {
  const wss = new WebSocketServer({ port });

  wss.on('connection', (socket) => {
    let language = 'en';
    let said = 0;
    let chain: Promise<void> = Promise.resolve();

    const handle = async (raw: RawData): Promise<void> => {
      const command = JSON.parse(raw.toString()) as Command;
      if (command.type === 'language') {
        language = command.value;
        return;
      }
      const number = said;
      const text = await translate(command.value, language);
      said = number + 1;
      socket.send(JSON.stringify({ number, text, language }));
    };

    socket.on('message', (raw) => {
      chain = chain.then(() => handle(raw)).catch((err) => socket.close(1011, String(err)));
    });
  });

  return wss;
}
