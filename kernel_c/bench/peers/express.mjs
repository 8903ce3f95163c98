import express from 'express';

const app = express();
app.get('/', (_, response) => response.type('text').send('Hello, World!'));
app.get('/users/:id', (request, response) => response.json({ id: request.params.id, name: `user ${request.params.id}` }));
app.post('/echo', express.json(), (request, response) => response.json(request.body));
app.listen(process.argv[2].startsWith('/') ? process.argv[2] : Number(process.argv[2]));
