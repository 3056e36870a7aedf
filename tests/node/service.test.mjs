/**
 * The HTTP contract in Node: JavaScript calls the router in the module.
 *
 * `cargo xtask test node` builds the module and runs this.
 */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';

import { Pool } from './pool.mjs';
import { Service } from './service.mjs';

const OPERATOR = { headers: { authorization: 'Bearer operator' } };
const AARON = { headers: { authorization: '1' } };
const BALANCE = '/account/coins?username=aaron';

let pool;
before(async () => (pool = await Pool.start(1)));
after(() => pool.end());

/** Opens a service, runs a test, and closes it, even if the test fails. */
async function withService(options, check) {
  const service = await Service.open(pool, options);
  try {
    await check(service);
  } finally {
    await service.close();
  }
}

test('every call of GoLedger is answered like the table of calls', async () => {
  const file = new URL('../suite/common/goledger_calls.json', import.meta.url);
  const calls = JSON.parse(await readFile(file, 'utf8'));
  assert.ok(calls.length > 40, `${calls.length} calls`);
  await withService({}, async (service) => {
    for (const { what, method, path, headers, status, body } of calls) {
      const response = await service.call(method, path, { headers });
      assert.equal(response.status, status, what);
      assert.equal(response.headers.get('content-type'), 'application/json', what);
      // Keys are in the same order, too.
      assert.equal(await response.text(), JSON.stringify(body), what);
    }
    const result = await (await service.call('POST', '/v1/verify', OPERATOR)).json();
    assert.equal(result.identical, true);
  });
});

test('a service has its own users and its own ledger', async () => {
  const carol = { name: 'carol', role: 'user', coins: 7, token: 'a secret' };
  await withService({ users: [carol], sessions: 1, trail_bytes: 1 << 20 }, async (one) => {
    const headers = { authorization: 'Bearer a secret' };
    const balance = await one.call('GET', '/account/coins?username=carol', { headers });
    assert.deepEqual(await balance.json(), { Code: 200, Balance: 7, Available: 7 });
    assert.equal((await (await one.call('GET', BALANCE, AARON)).json()).Code, 401);
    await withService({}, async (other) => {
      assert.deepEqual(await (await other.call('GET', BALANCE, AARON)).json(), {
        Code: 200,
        Balance: 1000,
        Available: 1000,
      });
    });
  });
});

test('a large batch is accepted, and its trail is streamed', async () => {
  await withService({}, async (service) => {
    const [debit_account_id, credit_account_id] = await Promise.all(
      ['1', '2'].map(async (token) => {
        const me = await service.call('GET', '/v1/me', { headers: { authorization: token } });
        return (await me.json()).account_id;
      }),
    );
    const transfers = Array.from({ length: 8000 }, (_, place) => ({
      id: String(place + 1),
      debit_account_id,
      credit_account_id,
      amount: '1',
      ledger: 1,
      code: 1,
    }));
    const body = JSON.stringify({ events: transfers });
    const made = await service.call('POST', '/v1/transfers', { ...OPERATOR, body });
    const answer = await made.text();
    assert.equal(made.status, 200, answer.slice(0, 400));
    const exported = await service.call('GET', '/v1/trail', OPERATOR);
    assert.equal(exported.headers.get('content-type'), 'application/x-ndjson');
    const chunks = [];
    for await (const chunk of exported.body) chunks.push(chunk);
    assert.ok(chunks.length > 2, `${chunks.length} chunks`);
    for (const chunk of chunks) assert.ok(chunk.length <= 256 << 10, `${chunk.length} bytes`);
    const lines = Buffer.concat(chunks).toString('utf8').trimEnd().split('\n');
    assert.ok(lines.length > 8000, `${lines.length} lines`);
    for (const line of lines) JSON.parse(line);
  });
});

test('a body ends, and can be aborted before its end', async () => {
  await withService({}, async (service) => {
    const { body } = await service.raw('GET', BALANCE, AARON);
    assert.ok((await service.ask('next_chunk', body)).length > 0);
    assert.equal(await service.ask('next_chunk', body), undefined);
    const gone = (number) => ({ message: new RegExp(`^There is no body ${number}; it was read`) });
    await assert.rejects(service.ask('next_chunk', body), gone(body));
    const other = await service.raw('GET', BALANCE, AARON);
    await service.ask('close_body', other.body);
    await service.ask('close_body', other.body);
    await assert.rejects(service.ask('next_chunk', other.body), gone(other.body));
  });
});

test('unread bodies are limited, and further requests have no effect', async () => {
  await withService({}, async (service) => {
    const open = [];
    const full = { message: /^256 response bodies are open, which are the most; / };
    const fill = async () => {
      while (open.length < 300) open.push((await service.raw('GET', BALANCE, AARON)).body);
    };
    await assert.rejects(fill(), full);
    assert.equal(open.length, 256);
    await assert.rejects(
      service.raw('POST', `/account/coins/add${BALANCE.slice(14)}`, AARON),
      full,
    );
    for (const body of open) await service.ask('close_body', body);
    const balance = await service.call('GET', BALANCE, AARON);
    assert.deepEqual(await balance.json(), { Code: 200, Balance: 1000, Available: 1000 });
  });
});

test('requests that are too large are answered with a problem', async () => {
  await withService({}, async (service) => {
    const body = new Uint8Array((8 << 20) + 1);
    const answer = await service.call('POST', '/v1/transfers', { ...OPERATOR, body });
    assert.equal(answer.status, 413);
    assert.equal((await answer.json()).code, 'body_too_large');
    const long = `${BALANCE}&x=${'x'.repeat(16 << 10)}`;
    const headers = Array.from({ length: 101 }, (_, place) => [`x-${place}`, '']);
    for (const [path, sent, detail] of [
      [long, [], /at most .* 16384 bytes/],
      [BALANCE, headers, /this one has 101 headers/],
    ]) {
      const answer = await service.call('GET', path, { headers: sent });
      assert.equal(answer.status, 431);
      assert.match((await answer.json()).detail, detail);
    }
  });
});

test('invalid arguments are rejected with a message, and the module stays usable', async () => {
  await withService({}, async (service) => {
    for (const [parameters, message] of [
      [['GET', 7], /^Url must be text/],
      [[undefined, BALANCE], /^Method must be text/],
      [['G T', BALANCE], /^"G T" is no method/],
      [['GET', 'a b'], /^"a b" is no address/],
      [['GET', BALANCE, { headers: 7 }], /^Headers must be pairs of name and value/],
      [['GET', BALANCE, { headers: [['a b', '']] }], /^The name of the header "a b"/],
      [['GET', BALANCE, { headers: [['a', '\n']] }], /^The value of the header "a"/],
      [['GET', BALANCE, { headers: [['a', '€']] }], /^The value of the header "a"/],
      [['POST', BALANCE, { body: 'text' }], /^Body must be a Uint8Array/],
    ]) {
      await assert.rejects(service.raw(...parameters), { message });
    }
    const user = { name: 'carol', role: 'user', coins: 7, token: '3' };
    for (const [options, message] of [
      [undefined, /^The options cannot be read/],
      [{ user: [] }, /unknown field `user`/],
      [{ users: [] }, /./],
      [{ users: [{ ...user, role: 'king' }] }, /unknown variant `king`/],
      [{ users: [{ ...user, coins: 1.5 }] }, /1\.5/],
      [{ users: [{ ...user, coins: -1 }] }, /"carol".* -1/],
      [{ users: [{ ...user, token: '' }] }, /^The token of "carol" is empty/],
      [{ users: [{ ...user, name: '@world' }] }, /begin with @/],
      [{ sessions: 0 }, /0/],
      [{ sessions: 1000 }, /1000/],
      [{ trail_bytes: 1 }, /^A trail of 1 bytes is too small/],
      [{ trail_bytes: 2 ** 33 }, /^trail_bytes must be at most 4294967296, not 8589934592/],
    ]) {
      await assert.rejects(pool.ask(0, 'open_service', options), { message });
    }
    const balance = await service.call('GET', BALANCE, AARON);
    assert.deepEqual(await balance.json(), { Code: 200, Balance: 1000, Available: 1000 });
  });
});

test('services are limited, and a closed one does not answer', async () => {
  const open = [];
  try {
    const fill = async () => {
      while (open.length < 20) open.push(await Service.open(pool));
    };
    await assert.rejects(fill(), { message: /^There are 16 services, which are the most/ });
    assert.equal(open.length, 16);
  } finally {
    for (const service of open) await service.close();
  }
  await assert.rejects(open[0].raw('GET', BALANCE), { message: /^There is no service \d+; / });
  await withService({}, async (service) => {
    assert.equal((await service.call('GET', BALANCE, AARON)).status, 200);
  });
});
