CREATE TABLE products (
  id          uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  sku         text NOT NULL UNIQUE,
  name        text NOT NULL,
  price_cents integer NOT NULL,
  stock       integer NOT NULL DEFAULT 0,
  version     integer NOT NULL DEFAULT 1
);

CREATE TABLE reviews (
  product_id uuid NOT NULL REFERENCES products (id),
  user_id    uuid NOT NULL REFERENCES users (id),
  rating     integer NOT NULL CHECK (rating BETWEEN 1 AND 5),
  body       text NOT NULL,
  PRIMARY KEY (product_id, user_id)
);

CREATE TABLE cart_items (
  user_id    uuid NOT NULL REFERENCES users (id),
  product_id uuid NOT NULL REFERENCES products (id),
  quantity   integer NOT NULL CHECK (quantity > 0),
  updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (user_id, product_id)
);

CREATE TABLE orders (
  id          uuid PRIMARY KEY,
  user_id     uuid NOT NULL REFERENCES users (id),
  status      text NOT NULL DEFAULT 'pending',
  total_cents integer NOT NULL,
  charge_id   text,
  created_at  timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE order_items (
  order_id   uuid NOT NULL REFERENCES orders (id),
  product_id uuid NOT NULL REFERENCES products (id),
  quantity   integer NOT NULL,
  PRIMARY KEY (order_id, product_id)
);

CREATE TABLE refunds (
  order_id     uuid PRIMARY KEY REFERENCES orders (id),
  amount_cents integer NOT NULL
);

CREATE TABLE invoices (
  number   integer PRIMARY KEY,
  order_id uuid NOT NULL UNIQUE REFERENCES orders (id)
);

CREATE TABLE coupons (
  code        text PRIMARY KEY,
  value_cents integer NOT NULL,
  redeemed_by uuid REFERENCES users (id)
);

CREATE TABLE warehouse_stock (
  warehouse_id text NOT NULL,
  product_id   uuid NOT NULL REFERENCES products (id),
  quantity     integer NOT NULL DEFAULT 0,
  PRIMARY KEY (warehouse_id, product_id)
);

CREATE TABLE warehouse_managers (
  warehouse_id text NOT NULL,
  user_id      uuid NOT NULL REFERENCES users (id),
  PRIMARY KEY (warehouse_id, user_id)
);

CREATE TABLE outbox (
  id         bigserial PRIMARY KEY,
  topic      text NOT NULL,
  payload    jsonb NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  sent_at    timestamptz
);
CREATE INDEX outbox_pending ON outbox (id) WHERE sent_at IS NULL;
