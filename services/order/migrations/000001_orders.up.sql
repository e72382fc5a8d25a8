-- The truth about orders. Times are the server's.
CREATE TABLE orders (
  id           text PRIMARY KEY,
  sku          text NOT NULL,
  qty          integer NOT NULL CHECK (qty > 0),
  status       text NOT NULL DEFAULT 'received'
               CHECK (status IN ('received', 'reserved', 'rejected', 'notified', 'cancelled')),
  reason       text NOT NULL DEFAULT '',
  received_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
  reserved_at  timestamptz,
  rejected_at  timestamptz,
  notified_at  timestamptz,
  cancelled_at timestamptz
);
CREATE INDEX orders_by_time ON orders (received_at DESC, id DESC);
CREATE INDEX orders_by_status ON orders (status, received_at DESC, id DESC);

-- Messages that are to be published, written in the transaction that makes them true. A row is
-- leased by whoever publishes it, from its birth on, and deleted once the broker has confirmed.
CREATE TABLE outbox (
  id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  order_id     text NOT NULL,
  body         text NOT NULL,
  request_id   text NOT NULL DEFAULT '',
  traceparent  text NOT NULL DEFAULT '',
  created_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
  leased_until timestamptz NOT NULL
);

-- Every change of stock by an order, once: (order, kind) is the key.
CREATE TABLE ledger (
  order_id text NOT NULL,
  kind     text NOT NULL CHECK (kind IN ('reserve', 'release')),
  sku      text NOT NULL,
  delta    bigint NOT NULL,
  at       timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (order_id, kind)
);

-- The Idempotency-Key header: which request it was used for.
CREATE TABLE idempotency_keys (
  key         text PRIMARY KEY,
  fingerprint text NOT NULL,
  order_id    text NOT NULL,
  created_at  timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX idempotency_keys_by_time ON idempotency_keys (created_at);
