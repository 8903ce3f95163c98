import { Router } from 'express';
import { z } from 'zod';
import type { CartCache } from './cache/cart-cache.js';
import type { AuditLog } from './events/audit-log.js';
import { authenticate, login, logout, register, requireRole, requireUser } from './middleware/auth.js';
import { idempotent } from './middleware/idempotency.js';
import { loginThrottle, rateLimit } from './middleware/rate-limit.js';
import type { AccountRepository } from './repositories/accounts.js';
import type { CartRepository } from './repositories/carts.js';
import type { ProductRepository } from './repositories/products.js';
import type { CatalogService } from './services/catalog.js';
import type { CheckoutService } from './services/checkout.js';
import type { CouponService } from './services/coupons.js';
import type { LoyaltyService } from './services/loyalty.js';
import type { OrderService } from './services/orders.js';
import type { StaffService } from './services/staff.js';
import type { WalletService } from './services/wallet.js';
import type { WarehouseService } from './services/warehouses.js';

export interface Services {
  accounts: AccountRepository;
  products: ProductRepository;
  carts: CartRepository;
  cartCache: CartCache;
  catalog: CatalogService;
  checkout: CheckoutService;
  coupons: CouponService;
  loyalty: LoyaltyService;
  orders: OrderService;
  staff: StaffService;
  wallet: WalletService;
  warehouses: WarehouseService;
  audit: AuditLog;
}

const Credentials = z.object({ email: z.email(), password: z.string().min(12) });
const Line = z.object({ productId: z.uuid(), quantity: z.number().int().min(1).max(99) });
const Review = z.object({ rating: z.number().int().min(1).max(5), body: z.string().max(4000) });
const Transfer = z.object({ to: z.uuid(), cents: z.number().int().positive() });
const Points = z.object({ points: z.number().int().positive() });
const CouponCode = z.object({ code: z.string().min(4) });
const NewCoupon = CouponCode.extend({ valueCents: z.number().int().positive() });
const PriceChange = z.object({ percent: z.number().min(-90).max(100) });
const PriceList = z.array(z.object({ sku: z.string(), priceCents: z.number().int().positive() })).max(5000);
const StockMove = z.object({
  to: z.string(),
  productId: z.uuid(),
  quantity: z.number().int().positive(),
});
const Slot = z.object({ orderId: z.uuid(), slot: z.string() });
const SlotMove = z.object({ orderId: z.uuid(), from: z.string(), to: z.string() });

export function accountRoutes({ accounts, coupons, loyalty, wallet }: Services): Router {
  const router = Router();

  router.post('/register', async (req, res) => {
    const { email, password } = Credentials.parse(req.body);
    res.status(201).json({ id: await register(accounts, email, password) });
  });

  router.post('/login', loginThrottle({ max: 5, windowSeconds: 900 }), async (req, res) => {
    const { email, password } = Credentials.parse(req.body);
    res.json({ token: await login(accounts, email, password) });
  });

  router.post('/logout', async (req, res) => {
    await logout(req.header('authorization')?.replace(/^Bearer /, '') ?? '');
    res.sendStatus(204);
  });

  router.post('/wallet/transfers', async (req, res) => {
    const { to, cents } = Transfer.parse(req.body);
    await wallet.transfer(requireUser(req).id, to, cents);
    res.sendStatus(204);
  });

  router.post('/loyalty/spend', async (req, res) => {
    const { points } = Points.parse(req.body);
    await loyalty.spend(requireUser(req).id, points);
    res.sendStatus(204);
  });

  router.post('/coupons/redeem', async (req, res) => {
    const { code } = CouponCode.parse(req.body);
    res.json({ creditedCents: await coupons.redeem(requireUser(req).id, code) });
  });

  return router;
}

export function shopRoutes(services: Services): Router {
  const { products, carts, cartCache, catalog, checkout, orders, audit } = services;
  const router = Router();

  router.get('/products', async (req, res) => {
    res.json(await products.list(50, Number(req.query['offset'] ?? 0)));
  });

  router.get('/products/:id', async (req, res) => {
    res.json(await catalog.product(req.params.id));
  });

  router.put('/products/:id/review', async (req, res) => {
    const { rating, body } = Review.parse(req.body);
    await products.saveReview(req.params.id, requireUser(req).id, rating, body);
    res.sendStatus(204);
  });

  router.get('/cart', async (req, res) => {
    res.json(await cartCache.get(requireUser(req).id));
  });

  router.post('/cart/items', async (req, res) => {
    const { id } = requireUser(req);
    const { productId, quantity } = Line.parse(req.body);
    await carts.add(id, productId, quantity);
    cartCache.invalidate(id);
    res.sendStatus(204);
  });

  router.delete('/cart/items/:productId', async (req, res) => {
    const { id } = requireUser(req);
    await carts.remove(id, req.params.productId);
    cartCache.invalidate(id);
    res.sendStatus(204);
  });

  router.post(
    '/checkout',
    idempotent(async (req) => {
      const order = await checkout.checkout(requireUser(req).id);
      audit.record(`order ${order.id} placed`);
      return { status: 201, body: order };
    }),
  );

  router.post(
    '/buy-now',
    idempotent(async (req) => {
      const { productId, quantity } = Line.parse(req.body);
      const order = await checkout.buyNow(requireUser(req).id, productId, quantity);
      audit.record(`order ${order.id} placed`);
      return { status: 201, body: order };
    }),
  );

  router.post('/orders/:id/payment', async (req, res) => {
    res.json(await orders.pay(requireUser(req).id, req.params.id));
  });

  router.post('/orders/:id/cancel', async (req, res) => {
    await orders.cancel(requireUser(req).id, req.params.id);
    audit.record(`order ${req.params.id} cancelled`);
    res.sendStatus(204);
  });

  return router;
}

export function adminRoutes({ catalog, coupons, orders, staff, warehouses, audit }: Services): Router {
  const router = Router();
  router.use(requireRole('admin'));

  router.post('/users/:id/promote', async (req, res) => {
    await staff.promote(req.params.id);
    audit.record(`user ${req.params.id} promoted`);
    res.sendStatus(204);
  });

  router.post('/users/:id/demote', async (req, res) => {
    await staff.demote(req.params.id);
    audit.record(`user ${req.params.id} demoted`);
    res.sendStatus(204);
  });

  router.put('/warehouses/:id/managers/:userId', async (req, res) => {
    await staff.addManager(req.params.id, req.params.userId);
    res.sendStatus(204);
  });

  router.delete('/warehouses/:id/managers/:userId', async (req, res) => {
    await staff.removeManager(req.params.id, req.params.userId);
    res.sendStatus(204);
  });

  router.post('/warehouses/:id/stock', async (req, res) => {
    const { productId, quantity } = Line.parse(req.body);
    await warehouses.receive(req.params.id, productId, quantity);
    res.sendStatus(204);
  });

  router.post('/warehouses/:id/transfers', async (req, res) => {
    const { to, productId, quantity } = StockMove.parse(req.body);
    await warehouses.transfer(req.params.id, to, productId, quantity);
    res.sendStatus(204);
  });

  router.post('/slots', async (req, res) => {
    const { orderId, slot } = Slot.parse(req.body);
    await warehouses.bookSlot(orderId, slot);
    res.sendStatus(204);
  });

  router.post('/slots/move', async (req, res) => {
    const { orderId, from, to } = SlotMove.parse(req.body);
    await warehouses.moveSlot(orderId, from, to);
    res.sendStatus(204);
  });

  router.post('/coupons', async (req, res) => {
    const { code, valueCents } = NewCoupon.parse(req.body);
    await coupons.issue(code, valueCents);
    res.sendStatus(201);
  });

  router.post('/orders/:id/refund', async (req, res) => {
    await orders.refund(req.params.id);
    audit.record(`order ${req.params.id} refunded`);
    res.sendStatus(204);
  });

  router.post('/orders/:id/invoice', async (req, res) => {
    res.json({ number: await orders.invoiceNumber(req.params.id) });
  });

  router.post('/products/:id/price', async (req, res) => {
    const { percent } = PriceChange.parse(req.body);
    res.json({ priceCents: await catalog.changePrice(req.params.id, percent) });
  });

  router.post('/prices', async (req, res) => {
    res.json({ imported: await catalog.importPrices(PriceList.parse(req.body)) });
  });

  router.post('/feed/refresh', async (_req, res) => {
    res.type('text/csv').send(await catalog.refreshFeed());
  });

  return router;
}

export function apiRoutes(services: Services): Router {
  const router = Router();
  router.use(rateLimit({ max: 120, windowSeconds: 60 }));
  router.use(authenticate);
  router.use(accountRoutes(services));
  router.use(shopRoutes(services));
  router.use('/admin', adminRoutes(services));
  return router;
}
