-- Asked for by CancelOrder before it does anything: whoever finds one that is not followed by
-- cancelled_at completes it.
ALTER TABLE orders ADD COLUMN cancel_requested_at timestamptz;
CREATE INDEX orders_to_cancel ON orders (cancel_requested_at)
  WHERE cancel_requested_at IS NOT NULL AND cancelled_at IS NULL;

-- When its message was put into the outbox again: from then on it is under way once more.
ALTER TABLE orders ADD COLUMN repaired_at timestamptz;
