import express from 'express';
import { container } from './container';

const app = express();

app.delete('/workspaces/:workspaceId/members/:memberId', async (req, res, next) => {
  try {
    await container.resolve('memberService').leave(req.params.workspaceId, req.params.memberId);
    res.status(204).end();
  } catch (error) {
    next(error);
  }
});

app.listen(3000);
