// pattern: `failures = failures.concat(await f())` for all records at once: the old array is fetched before the await
import type { SQSBatchItemFailure, SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import { importOrder } from './import-order';

async function processRecord(record: SQSRecord): Promise<SQSBatchItemFailure[]> {
  try {
    await importOrder(JSON.parse(record.body));
    return [];
  } catch (err) {
    console.error('record failed', record.messageId, err);
    return [{ itemIdentifier: record.messageId }];
  }
}

export const handler = async (event: SQSEvent): Promise<SQSBatchResponse> => {
  let failures: SQSBatchItemFailure[] = [];
  const work = event.Records.map(async (record) => {
    failures = failures.concat(await processRecord(record)); // RACE: lost-update
  });
  await Promise.all(work);
  return { batchItemFailures: failures };
};
