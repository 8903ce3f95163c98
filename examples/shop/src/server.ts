import express from 'express';
import { CartCache } from './cache/cart-cache.js';
import { CatalogCache } from './cache/catalog-cache.js';
import { onChannel, redis } from './cache/redis.js';
import { CourierClient } from './clients/courier.js';
import { PaymentClient } from './clients/payments.js';
import { config } from './config.js';
import { pool } from './db/pool.js';
import { AuditLog } from './events/audit-log.js';
import { CartExpiry } from './jobs/cart-expiry.js';
import { relayOutbox } from './jobs/outbox.js';
import { errorHandler } from './middleware/errors.js';
import { AccountRepository } from './repositories/accounts.js';
import { CartRepository } from './repositories/carts.js';
import { OrderRepository } from './repositories/orders.js';
import { ProductRepository } from './repositories/products.js';
import { apiRoutes } from './routes.js';
import { CATALOG_CHANNEL, CatalogService } from './services/catalog.js';
import { CheckoutService } from './services/checkout.js';
import { CouponService } from './services/coupons.js';
import { LoyaltyService } from './services/loyalty.js';
import { OrderService } from './services/orders.js';
import { StaffService } from './services/staff.js';
import { WalletService } from './services/wallet.js';
import { WarehouseService } from './services/warehouses.js';

const accounts = new AccountRepository();
const products = new ProductRepository();
const carts = new CartRepository();
const orderRows = new OrderRepository();
const cartCache = new CartCache(carts);
const catalogCache = new CatalogCache(products, config.catalogTtlMs);
const loyalty = new LoyaltyService(accounts);
const payments = new PaymentClient(config.payments);
const audit = new AuditLog();
const cartExpiry = new CartExpiry(carts, cartCache);

const app = express();
app.use(express.json());
app.use(
  apiRoutes({
    accounts,
    products,
    carts,
    cartCache,
    catalog: new CatalogService(products, catalogCache),
    checkout: new CheckoutService(products, carts, orderRows, cartCache),
    coupons: new CouponService(accounts),
    loyalty,
    orders: new OrderService(orderRows, products, accounts, payments, loyalty),
    staff: new StaffService(accounts),
    wallet: new WalletService(accounts),
    warehouses: new WarehouseService(new CourierClient()),
    audit,
  }),
);
app.use(errorHandler);

function every(milliseconds: number, job: () => Promise<unknown>): NodeJS.Timeout {
  return setInterval(() => {
    job().catch((error: unknown) => console.error('background job failed', error));
  }, milliseconds);
}

const timers = [
  every(1_000, () => relayOutbox()),
  every(5_000, () => audit.flush()),
  every(600_000, () => cartExpiry.tick()),
];

await onChannel(CATALOG_CHANNEL, (id) => catalogCache.invalidate(id));
const server = app.listen(config.port);

async function shutdown(): Promise<void> {
  timers.forEach(clearInterval);
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
  });
  await audit.flush();
  redis.disconnect();
  await pool.end();
}

process.once('SIGTERM', () => {
  shutdown().catch((error: unknown) => {
    console.error('shutdown failed', error);
    process.exitCode = 1;
  });
});
