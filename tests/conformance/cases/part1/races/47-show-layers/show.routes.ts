import { Router } from 'express';
import { ShowRepo } from './show.repo';
import { NotEnoughTickets, ShowService } from './show.service';

const service = new ShowService(new ShowRepo(process.env.SHOW_FOLDER ?? './shows'));

export const shows = Router();

shows.post('/shows/:id/tickets', async (req, res, next) => {
  try {
    const left = await service.sell(req.params.id, Number(req.body.tickets));
    res.status(201).json({ left });
  } catch (err) {
    if (err instanceof NotEnoughTickets) res.status(409).json({ error: 'sold out' });
    else next(err);
  }
});
