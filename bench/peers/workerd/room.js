// A chat room as a Durable Object: hibernatable sockets, and each message stored
// before anybody sees it. `await put` holds the object's other events back until
// the value is stored, and the runtime lets nothing out before it is on disk.
import { DurableObject } from "cloudflare:workers";

export class Room extends DurableObject {
  constructor(ctx, env) {
    super(ctx, env);
    ctx.blockConcurrencyWhile(async () => {
      const last = await ctx.storage.list({ prefix: "m:", reverse: true, limit: 1 });
      for (const message of last.values()) this.seq = message.seq;
      this.seq ??= 0;
    });
  }

  async fetch() {
    const [client, server] = Object.values(new WebSocketPair());
    this.ctx.acceptWebSocket(server);
    server.send(JSON.stringify({ type: "joined", head: this.seq }));
    return new Response(null, { status: 101, webSocket: client });
  }

  async webSocketMessage(socket, text) {
    const post = JSON.parse(text);
    const message = {
      id: crypto.randomUUID(),
      userId: "01a0000000000000000000000000000000",
      userName: "Bench",
      content: post.content,
      timestamp: Date.now(),
      type: "text",
      seq: ++this.seq,
      clientId: post.clientId,
    };
    await this.ctx.storage.put("m:" + String(message.seq).padStart(16, "0"), message);
    const { id, seq, timestamp, clientId } = message;
    socket.send(JSON.stringify({ type: "ack", room: post.room, clientId, id, seq, timestamp }));
    const frame = JSON.stringify({ type: "message", room: post.room, message });
    for (const member of this.ctx.getWebSockets()) member.send(frame);
  }

  webSocketClose(socket) {
    socket.close();
  }
}

export default {
  fetch(request, env) {
    const name = new URL(request.url).pathname.split("/").pop();
    return env.ROOMS.get(env.ROOMS.idFromName(name)).fetch(request);
  },
};
