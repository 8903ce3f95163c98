export function loadTokens() {
  return {
    access: process.env.CRM_ACCESS ?? '',
    refresh: process.env.CRM_REFRESH ?? '',
    expiresAt: Number(process.env.CRM_EXPIRES ?? 0),
  };
}
