// pattern: mysql callback API: value selected, value plus one written in the nested query
import mysql from 'mysql2';
import type { RowDataPacket } from 'mysql2';
import type { NextFunction, Request, Response } from 'express';

const pool = mysql.createPool(process.env.MYSQL_URL!);

export function trackDownload(req: Request, res: Response, next: NextFunction): void {
  const { id } = req.params;
  pool.query<RowDataPacket[]>('SELECT downloads FROM assets WHERE id = ?', [id], (failed, rows) => {
    if (failed) return next(failed);
    if (rows.length === 0) return res.sendStatus(404);
    const downloads = rows[0].downloads + 1;
    pool.query('UPDATE assets SET downloads = ? WHERE id = ?', [downloads, id], (error) => { // RACE: lost-update
      if (error) return next(error);
      res.json({ downloads });
    });
  });
}
