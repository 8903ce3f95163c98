// pattern: the addition happens in the statement
import mysql from 'mysql2';
import type { ResultSetHeader } from 'mysql2';
import type { NextFunction, Request, Response } from 'express';

const pool = mysql.createPool(process.env.MYSQL_URL!);

export function trackDownload(req: Request, res: Response, next: NextFunction): void {
  const { id } = req.params;
  pool.query<ResultSetHeader>('UPDATE assets SET downloads = downloads + 1 WHERE id = ?', [id], (failed, result) => {
    if (failed) return next(failed);
    res.sendStatus(result.affectedRows === 0 ? 404 : 204);
  });
}
