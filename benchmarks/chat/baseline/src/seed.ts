/** `node dist/seed.js N FILE`: empties the tables, makes N conversations of two users, writes their tokens to FILE. */
import { writeFileSync } from 'node:fs';
import jwt from 'jsonwebtoken';
import { config } from './config.js';
import { prisma } from './db.js';
import { uuidv7 } from './uuidv7.js';

const count = Number(process.argv[2]);
const file = process.argv[3];
if (!Number.isInteger(count) || count < 1 || !file) throw new Error('usage: seed.js CONVERSATIONS FILE');

const users = Array.from({ length: 2 * count }, (_, i) => ({ id: uuidv7(), displayName: `user ${i}` }));
const conversations = Array.from({ length: count }, () => ({ id: uuidv7() }));
const participants = users.map((user, i) => ({ userId: user.id, conversationId: conversations[i >> 1]!.id }));

await prisma.$executeRaw`TRUNCATE message_audit, message, participant, conversation, app_user RESTART IDENTITY`;
await prisma.user.createMany({ data: users });
await prisma.conversation.createMany({ data: conversations });
await prisma.participant.createMany({ data: participants });
// A populated database, so that PostgreSQL plans for a practice's size and not for empty tables.
await prisma.$executeRaw`
  INSERT INTO app_user SELECT gen_random_uuid(), 'past ' || i FROM generate_series(1, 2000) i`;
await prisma.$executeRaw`
  INSERT INTO conversation SELECT gen_random_uuid(), 10 FROM generate_series(1, 1000)`;
await prisma.$executeRaw`
  WITH u AS (SELECT id, row_number() OVER () AS n FROM app_user WHERE display_name LIKE 'past %'),
       c AS (SELECT id, row_number() OVER () AS n FROM conversation WHERE last_seq = 10)
  INSERT INTO participant SELECT c.id, u.id FROM c JOIN u ON u.n IN (2 * c.n, 2 * c.n - 1)`;
await prisma.$executeRaw`
  INSERT INTO message SELECT gen_random_uuid(), p.conversation_id, p.user_id, s, gen_random_uuid(), repeat('past text ', 8), 'allow'
  FROM (SELECT conversation_id, min(user_id::text)::uuid AS user_id FROM participant JOIN conversation c ON c.id = conversation_id
        WHERE c.last_seq = 10 GROUP BY conversation_id) p, generate_series(1, 10) s`;
await prisma.$executeRaw`
  INSERT INTO message_audit (message_id, actor_id, action, verdict, labels)
  SELECT id, sender_id, 'message.send', verdict, '{}' FROM message`;
await prisma.$executeRawUnsafe('VACUUM ANALYZE');

const token = (userId: string) => jwt.sign({}, config.JWT_SECRET, { subject: userId, expiresIn: '1h', algorithm: 'HS256' });
const fixture = conversations.map(({ id }, i) => ({
  id,
  users: users.slice(2 * i, 2 * i + 2).map((user) => ({ id: user.id, token: token(user.id) })),
}));
writeFileSync(file, JSON.stringify({ conversations: fixture }));
await prisma.$disconnect();
