export type Role = 'customer' | 'admin';

export interface SessionUser {
  id: string;
  email: string;
  role: Role;
}

export interface Product {
  id: string;
  sku: string;
  name: string;
  priceCents: number;
  stock: number;
  version: number;
}

export interface CartLine {
  productId: string;
  quantity: number;
}

export type OrderStatus = 'pending' | 'paying' | 'paid' | 'cancelled' | 'refunded';

export interface Order {
  id: string;
  userId: string;
  status: OrderStatus;
  totalCents: number;
}

export interface Coupon {
  code: string;
  valueCents: number;
  redeemedBy: string | null;
}

export interface PriceRow {
  sku: string;
  priceCents: number;
}
