export {
  LedgerError,
  LedgerArgumentError,
  LedgerRefusedError,
  LedgerStartError,
  LedgerBrokenError,
  LedgerClosedError,
} from './errors.js';
