// Chat rooms on Bun's own publish: bun room.ts PORT [DATABASE]. With a database
// each message is inserted, and is on disk, before anybody sees it.
import { Database } from "bun:sqlite";

const [port, path] = process.argv.slice(2);

function open(file: string) {
  const db = new Database(file, { create: true });
  db.run("PRAGMA journal_mode = WAL");
  db.run("PRAGMA synchronous = FULL");
  db.run("CREATE TABLE messages (room TEXT, seq INTEGER, message TEXT, PRIMARY KEY (room, seq)) WITHOUT ROWID");
  return db.prepare("INSERT INTO messages VALUES (?, ?, ?)");
}

const insert = path ? open(path) : undefined;
const heads = new Map<string, number>();

const server = Bun.serve<{ room: string }>({
  hostname: "127.0.0.1",
  port: Number(port),
  fetch(request, server) {
    const room = new URL(request.url).pathname.split("/").pop() ?? "";
    if (server.upgrade(request, { data: { room } })) return;
    return new Response("this is for sockets", { status: 426 });
  },
  websocket: {
    idleTimeout: 0,
    open(socket) {
      const { room } = socket.data;
      socket.subscribe(room);
      socket.send(JSON.stringify({ type: "joined", head: heads.get(room) ?? 0 }));
    },
    message(socket, text) {
      const { room } = socket.data;
      const post = JSON.parse(String(text)) as { content: string; clientId: string };
      const seq = (heads.get(room) ?? 0) + 1;
      heads.set(room, seq);
      const message = {
        id: crypto.randomUUID(),
        userId: "01a0000000000000000000000000000000",
        userName: "Bench",
        content: post.content,
        timestamp: Date.now(),
        type: "text",
        seq,
        clientId: post.clientId,
      };
      insert?.run(room, seq, JSON.stringify(message));
      const { id, timestamp, clientId } = message;
      socket.send(JSON.stringify({ type: "ack", room, clientId, id, seq, timestamp }));
      server.publish(room, JSON.stringify({ type: "message", room, message }));
    },
  },
});
