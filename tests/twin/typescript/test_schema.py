"""Declarations in, unique constraints, keys, versions and names out."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from krepis.twin.typescript.schema import (
    EMPTY,
    Schema,
    TableInfo,
    column_name,
    from_decorators,
    from_prisma,
    from_sql,
    from_typescript,
    merge,
    table_name,
)


def info(schema: Schema, model: str) -> TableInfo:
    return schema.info(schema.table(model))


def keys(*columns: str) -> frozenset[tuple[str, ...]]:
    return frozenset(tuple(key.split()) for key in columns)


@pytest.mark.parametrize(
    ("names", "canonical"),
    [
        (("gift_cards", "GiftCard", "giftCards", 'app."GiftCards"'), "gift_card"),
        (("categories", "Category"), "category"),
        (("boxes", "Box"), "box"),
        (("addresses", "Address"), "address"),
        (("status", "Status"), "status"),
    ],
)
def test_tables_meet_under_one_name(names: tuple[str, ...], canonical: str) -> None:
    assert {table_name(name) for name in names} == {canonical}


def test_columns_meet_under_one_name() -> None:
    assert {column_name(name) for name in ("onHand", "on_hand", '"onHand"', "i.on_hand")} == {"on_hand"}
    assert column_name("orgID") == "org_id"
    assert column_name("_id") == "id"


PRISMA = """
model Account {
  id        String   @id @default(cuid())
  handle    String   @unique
  orgId     String   @map("organisation")
  note      String?  // not @unique
  @@unique([orgId, handle(sort: Desc)], name: "byOrg")
  @@map("accounts_v2")
}
model Like {
  postId String
  userId String
  post   Post @relation(fields: [postId], references: [id])
  @@id([postId, userId])
  @@index([userId])
}
"""


def test_prisma() -> None:
    schema = from_prisma(PRISMA)
    account = info(schema, "account")
    assert schema.table("Account") == "accounts_v2"
    assert account.primary_key == ("id",)
    assert account.unique == keys("handle", "handle organisation")
    assert account.fields == {"org_id": "organisation"}
    assert info(schema, "Like").primary_key == ("post_id", "user_id")
    assert info(schema, "Like").unique == frozenset()


def test_typeorm() -> None:
    schema = from_decorators(
        "WalletEntity",
        [
            ("Entity", "'wallets'"),
            ("Unique", "['userId', 'currency']"),
            ("Index", "['iban'], { unique: true }"),
        ],
        [
            ("id", [("PrimaryGeneratedColumn", "'uuid'")]),
            ("email", [("Column", "{ unique: true, name: 'mail' }")]),
            ("phone", [("Index", "{ unique: true }"), ("Column", "")]),
            ("revision", [("VersionColumn", "")]),
            ("balance", [("Column", "'int', { default: 0 }")]),
        ],
    )
    wallet = info(schema, "WalletEntity")
    assert schema.table("WalletEntity") == "wallet"
    assert wallet == TableInfo(
        keys("currency user_id", "iban", "mail", "phone"), ("id",), "revision", {"email": "mail"}
    )


def test_a_class_without_entity_says_nothing() -> None:
    assert from_decorators("Service", [("Injectable", "")], [("a", [("Column", "")])]) == EMPTY


SQL = """
-- CREATE UNIQUE INDEX nothing ON accounts (note);
CREATE TABLE IF NOT EXISTS app.accounts (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  email text NOT NULL UNIQUE,
  price numeric(10, 2) CHECK (price > 0),
  org text,
  CONSTRAINT one_per_org UNIQUE (org, "slug"),
  FOREIGN KEY (org) REFERENCES orgs (id)
);
CREATE UNIQUE INDEX CONCURRENTLY accounts_lower ON app.accounts
  USING btree (lower(handle)) WHERE deleted_at IS NULL;
ALTER TABLE ONLY app.accounts ADD CONSTRAINT k UNIQUE (iban), ADD COLUMN tax_id text UNIQUE;
CREATE TABLE `likes` (`post_id` int, `user_id` int, PRIMARY KEY (`post_id`, `user_id`),
  UNIQUE KEY `u` (`nonce`));
CREATE INDEX plain ON likes (user_id);
"""


def test_sql_migrations() -> None:
    schema = from_sql(SQL)
    assert info(schema, "accounts").primary_key == ("id",)
    assert info(schema, "accounts").unique == keys("email", "org slug", "handle", "iban", "tax_id")
    assert info(schema, "likes") == TableInfo(keys("nonce"), ("post_id", "user_id"))


MONGOOSE = """
const couponSchema = new Schema<Coupon>(
  {
    code: { type: String, required: true, unique: true },
    // unique: true in a comment
    uses: Number,
    owner: { name: { type: String } },
  },
  { optimisticConcurrency: true, collection: 'coupons' },
);
couponSchema.index({ shop: 1, slug: 1 }, { unique: true });
couponSchema.index({ uses: 1 });
export const Coupon = mongoose.model<Coupon>('Voucher', couponSchema);
"""


def test_mongoose() -> None:
    schema = from_typescript(MONGOOSE)
    assert schema.table("Voucher") == "coupon"
    assert info(schema, "Voucher") == TableInfo(keys("code", "shop slug"), ("id",), "v")


SEQUELIZE = """
class User extends Model {}
User.init({
  id: { type: DataTypes.UUID, primaryKey: true },
  email: { type: DataTypes.STRING, unique: true, field: 'mail' },
  org: { type: DataTypes.STRING, unique: 'per_org' },
  nick: { type: DataTypes.STRING, unique: 'per_org' },
}, { sequelize, modelName: 'User', tableName: 'people', version: true,
     indexes: [{ unique: true, fields: ['phone', 'country'] }, { fields: ['org'] }] });
export const Slot = sequelize.define('Slot', { code: { type: DataTypes.STRING, unique: true } });
"""


def test_sequelize() -> None:
    schema = from_typescript(SEQUELIZE)
    assert schema.table("User") == "people"
    assert info(schema, "User") == TableInfo(
        keys("mail", "nick org", "country phone"), ("id",), "version", {"email": "mail"}
    )
    assert info(schema, "Slot").unique == keys("code")


DRIZZLE = """
export const members = pgTable('org_members', {
  id: serial('id').primaryKey(),
  email: varchar('email', { length: 200 }).notNull().unique(),
  orgId: text('org').notNull(),
}, (t) => ({ one: uniqueIndex('one').on(t.orgId, t.email), two: unique('u').on(t.id, t.orgId) }));
export const seats = sqliteTable('seats', { row: integer('row'), col: integer('col') }, (t) => [
  primaryKey({ columns: [t.row, t.col] }),
]);
"""


def test_drizzle() -> None:
    schema = from_typescript(DRIZZLE)
    assert schema.table("members") == "org_member"
    assert info(schema, "members") == TableInfo(keys("email", "email org", "id org"), ("id",), None, {"org_id": "org"})
    assert info(schema, "seats").primary_key == ("col", "row")


KNEX = """
await knex.schema.createTable('coupons', (table) => {
  table.increments('id');
  table.string('code').notNullable().unique();
  table.string('shop');
  table.unique(['shop', 'slug']);
});
await db.schema.createTable('pets').addColumn('id', 'serial', (col) => col.primaryKey())
  .addColumn('chip', 'text', (col) => col.notNull().unique())
  .addUniqueConstraint('c', ['owner', 'name']).execute();
await db.schema.createIndex('i').unique().on('pets').column('tag').execute();
"""


def test_knex_and_kysely_migrations() -> None:
    schema = from_typescript(KNEX)
    assert info(schema, "coupons") == TableInfo(keys("code", "shop slug"), ("id",))
    assert info(schema, "pets") == TableInfo(keys("chip", "name owner", "tag"), ("id",))


def test_merge_adds_constraints_and_follows_aliases() -> None:
    schema = merge(from_sql("CREATE UNIQUE INDEX u ON accounts_v2 (iban)"), from_prisma(PRISMA))
    assert info(schema, "Account").unique == keys("handle", "handle organisation", "iban")
    crossed = merge(from_sql("CREATE UNIQUE INDEX u ON accounts (iban)"), from_prisma(PRISMA))
    assert ("iban",) in info(crossed, "account").unique


@given(st.text(alphabet="(){}[],;:'\"`/* \nunique@model Schema pgTable(createTable('x'", max_size=80))
def test_any_text_is_survived(text: str) -> None:
    merge(from_prisma(text), from_sql(text), from_typescript("unique" + text))
