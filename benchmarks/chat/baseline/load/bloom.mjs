import WebSocket from 'ws';
import { SendError, Transport } from './transport.mjs';

/** Bloom's wire contract (docs/socket.md). A fixture's `token` is an API token with the scope conversations:write. */
export default class Bloom extends Transport {
  async connect(token) {
    this.waiting = new Map(); // ref → {resolve, reject, timer}
    this.own = new Set(); // client ids sent here: the server may echo them to all of the sender's devices
    const answer = await fetch(new URL('/api/v1/realtime/tickets/', this.options.url), {
      method: 'POST',
      headers: { authorization: `Bearer ${token}` },
    });
    if (!answer.ok) throw new SendError(`ticket_${answer.status}`);
    const { ticket } = await answer.json();
    this.socket = new WebSocket(new URL('/ws/v1/', this.options.url.replace(/^http/, 'ws')), ['bloom.v1', `ticket.${ticket}`]);
    this.socket.on('message', (data) => this.#onFrame(JSON.parse(data)));
    this.socket.on('close', () => this.#failAll('closed'));
    await new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new SendError('connect_timeout')), this.options.timeoutMs);
      this.socket.once('error', (error) => (clearTimeout(timer), reject(error)));
      this.socket.once('open', () => (clearTimeout(timer), resolve()));
    });
    await this.#request({ type: 'ping' });
  }

  async send(conversation, body, clientId) {
    this.own.add(clientId);
    const message = await this.#request({ type: 'message:send', conversation, client_id: clientId, body });
    return { seq: message.seq, verdict: message.moderation?.outcome === 'crisis' ? 'allow' : message.moderation?.outcome };
  }

  async close() {
    this.socket?.close();
  }

  #request(frame) {
    const ref = `r${(this.lastRef = (this.lastRef ?? 0) + 1)}`;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => (this.waiting.delete(ref), reject(new SendError('timeout'))), this.options.timeoutMs);
      this.waiting.set(ref, { resolve, reject, timer });
      this.socket.send(JSON.stringify({ ...frame, ref }));
    });
  }

  #onFrame(frame) {
    if (frame.type === 'ack') {
      const waiter = this.waiting.get(frame.ref);
      if (!waiter) return;
      this.waiting.delete(frame.ref);
      clearTimeout(waiter.timer);
      if (frame.ok) waiter.resolve(frame.data);
      else waiter.reject(new SendError(frame.error.code, frame.error.detail));
    } else if (frame.type === 'message:receive' && !this.own.has(frame.message.client_id)) {
      this.receive({ conversationId: frame.conversation, seq: frame.message.seq, text: frame.message.body ?? undefined });
    }
  }

  #failAll(code) {
    for (const { reject, timer } of this.waiting.values()) (clearTimeout(timer), reject(new SendError(code)));
    this.waiting.clear();
  }
}
