DROP TABLE idempotency_keys, ledger, outbox, orders;
