/** Examples of all requests: GoLedger's endpoints and the complete API under /v1. */

/**
 * The texts of the request form.
 * @typedef {object} RequestFields
 * @property {string} method
 * @property {string} path
 * @property {string} query
 * @property {string} token the value of the header `Authorization`
 * @property {string} headers the other headers, one per line
 * @property {string} body
 */

/** @typedef {RequestFields & { title: string }} Example */

export const METHODS = ['GET', 'POST', 'HEAD', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];

/** The demo's users aaron and operator, who may read and move everything. */
const AARON = '1';
const OPERATOR = 'Bearer operator';

/**
 * A request to GoLedger's endpoints, with all values in the query.
 * @param {string} title
 * @param {string} method
 * @param {string} path
 * @param {string} query
 * @returns {Example}
 */
function goledger(title, method, path, query) {
  return { title, method, path, query, token: query ? AARON : '', headers: '', body: '' };
}

/**
 * A request that reads.
 * @param {string} title
 * @param {string} path
 * @param {string} [query]
 * @returns {Example}
 */
function get(title, path, query = '') {
  return { title, method: 'GET', path, query, token: OPERATOR, headers: '', body: '' };
}

/**
 * A request with a body.
 * @param {string} title
 * @param {string} path
 * @param {unknown} [body]
 * @returns {Example}
 */
function post(title, path, body) {
  const text = body === undefined ? '' : JSON.stringify(body, null, 2);
  const headers = text && 'Content-Type: application/json';
  return { title, method: 'POST', path, query: '', token: OPERATOR, headers, body: text };
}

/** Accounts of the demo: of aaron and of bryan. */
const [FIRST, SECOND] = [65_536, 65_537];
/** The accounts that an example opens, and the transfer between them. */
const [OPENED, OTHER, TRANSFER] = [1_000_001, 1_000_002, 7];
const MONEY = { ledger: 7, code: 10 };

/** @type {{ title: string, examples: Example[] }[]} */
export const EXAMPLE_GROUPS = [
  {
    title: 'GoLedger’s endpoints',
    examples: [
      goledger('Balance', 'GET', '/account/coins', 'username=aaron'),
      goledger('Deposit', 'POST', '/account/coins/add', 'username=aaron&amount=150'),
      goledger('Withdraw', 'POST', '/account/coins/withdraw', 'username=aaron&amount=50'),
      goledger(
        'Transfer',
        'POST',
        '/account/coins/transfer',
        'username=aaron&from=aaron&to=bryan&amount=100',
      ),
      goledger('Health', 'GET', '/system/health', ''),
    ],
  },
  {
    title: 'The complete API under /v1',
    examples: [
      get('Who am I', '/v1/me'),
      post('Create accounts', '/v1/accounts', {
        events: [
          { id: OPENED, ...MONEY, flags: ['history'] },
          { id: OTHER, ...MONEY },
        ],
      }),
      post('Create transfers', '/v1/transfers', {
        events: [
          {
            id: TRANSFER,
            debit_account_id: OPENED,
            credit_account_id: OTHER,
            amount: 5,
            ledger: MONEY.ledger,
            code: 1,
          },
        ],
      }),
      get('An account', `/v1/accounts/${FIRST}`),
      post('Look up accounts', '/v1/accounts/lookup', { ids: [FIRST, SECOND] }),
      post('Query accounts', '/v1/accounts/query', { filter: { ledger: 1, limit: 10 } }),
      post('Transfers of an account', '/v1/accounts/transfers', {
        filter: { account_id: FIRST, limit: 10, flags: ['debits', 'credits'] },
      }),
      post('Balances over time', '/v1/accounts/balances', {
        filter: { account_id: OPENED, limit: 10, flags: ['debits', 'credits'] },
      }),
      get('A transfer', `/v1/transfers/${TRANSFER}`),
      post('Look up transfers', '/v1/transfers/lookup', { ids: [TRANSFER] }),
      post('Query transfers', '/v1/transfers/query', { filter: { ledger: 1, limit: 10 } }),
      get('Trail', '/v1/trail', 'limit=100&format=ndjson'),
      get('Snapshot', '/v1/snapshot'),
      get('Changes', '/v1/changes', 'limit=10'),
      post('Verify', '/v1/verify'),
      get('Health by component', '/v1/health'),
    ],
  },
];

/**
 * Whether requests with this method can have a body. Browsers reject it for the others.
 * @param {string} method
 */
export function hasBody(method) {
  return method !== 'GET' && method !== 'HEAD';
}
