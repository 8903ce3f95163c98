// pattern: object made in the call, changed across awaits by helpers that only get it as an argument
export interface Sources {
  title(id: string): Promise<string>;
  author(id: string): Promise<string>;
  ratings(id: string): Promise<number[]>;
}

interface BookCard {
  id: string;
  title: string;
  author?: string;
  rating: number;
}

async function addAuthor(card: BookCard, sources: Sources): Promise<void> {
  const { title } = card;
  const author = await sources.author(card.id);
  card.author = author;
  card.title = `${title} (${author})`;
}

async function addRating(card: BookCard, sources: Sources): Promise<void> {
  for (const rating of await sources.ratings(card.id)) {
    card.rating = (card.rating + rating) / 2;
  }
}

export async function bookCard(id: string, sources: Sources): Promise<BookCard> {
  const card: BookCard = { id, title: '', rating: 0 };
  card.title = await sources.title(id);
  await addAuthor(card, sources);
  await addRating(card, sources);
  return card;
}
