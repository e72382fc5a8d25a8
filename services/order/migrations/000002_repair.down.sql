DROP INDEX orders_to_cancel;
ALTER TABLE orders DROP COLUMN repaired_at, DROP COLUMN cancel_requested_at;
