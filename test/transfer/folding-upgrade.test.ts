import { administer } from '@hotel/stack/servers/administer'
import { databaseUrl, migrate, provision } from '@hotel/stack/servers/provision'
import type { ServiceName } from '@hotel/stack/service-names'
import { describe, expect, test } from '@jest/globals'
import type { Client } from 'pg'
import type { TestCluster } from '../harness/test-cluster.ts'

const HOTEL = '00000000-0000-7000-8000-000000000001'
const LOCATION = '00000000-0000-7000-8000-000000000002'

/** Runs this on a database of a service, made as the build before left it, migrated, and then looked at; which then goes. */
async function upgraded(
  service: ServiceName,
  asBefore: (client: Client) => Promise<unknown>,
  look: (client: Client) => Promise<void>,
): Promise<void> {
  const { adminUrl, secrets } = JSON.parse(process.env.HOTEL_TEST_CLUSTER ?? '{}') as TestCluster
  const database = `before_${service}_${process.pid}`
  const access = {
    ...{ service, adminUrl },
    ...{ ownerPassword: secrets.owners[service], servicePassword: secrets.services[service] },
  }
  try {
    await provision(access, database)
    await migrate(access, 'UTC', database)
    await administer(databaseUrl(adminUrl, database), async (client) => {
      await client.query(`set role ${service}_owner`)
      await asBefore(client)
    })
    await migrate(access, 'UTC', database)
    await administer(databaseUrl(adminUrl, database), look)
  } finally {
    await administer(adminUrl, (client) => client.query(`drop database if exists ${database} with (force)`))
  }
}

const addRoom = (client: Client, number: string, more = '') =>
  client.query(
    `select begin_write('${HOTEL}', '0');
     insert into room (hotel_id, id, location_id, number, create_time, update_time, updated_by ${more && ', delete_time'})
     values ('${HOTEL}', uuidv7(), '${LOCATION}', '${number}', clock_timestamp(), clock_timestamp(), 'x' ${more && `, ${more}`})`,
  )
const set = (client: Client, number: string, what: string) =>
  client.query(`begin; select begin_write('${HOTEL}', '0');
    update room set ${what}, version = version + 1, update_time = clock_timestamp() where number = '${number}'; commit`)
const taken = { code: '23505', constraint: expect.stringMatching(/^room_number_live_key/) }
const refused = async (client: Client, write: Promise<unknown>) => {
  await expect(write).rejects.toMatchObject(taken)
  await client.query('rollback')
}

describe('a database of the build before', () => {
  test('keeps rooms whose numbers differed in case or accents only; a new one has to be another', async () => {
    const before = async (client: Client) => {
      await client.query(`
        drop function folded cascade;
        alter table room drop column namesake cascade;
        alter table room_type drop column namesake cascade;
        delete from migration where name >= '0006'`)
      for (const number of ['12a', '12A', '12Á', '14']) await addRoom(client, number)
      await addRoom(client, '12ä', 'clock_timestamp()')
    }
    await upgraded('rooms', before, async (client) => {
      const live = async () =>
        (await client.query('select number, namesake from room where delete_time is null order by id')).rows.map(
          ({ number, namesake }) => `${number}${namesake ? ' too' : ''}`,
        )
      expect(await live()).toEqual(['12a', '12A too', '12Á too', '14'])
      await refused(client, addRoom(client, '12À'))
      await refused(client, set(client, '12ä', 'delete_time = null'))
      // One that changes has to be unique then.
      await refused(client, set(client, '12A', "number = '12Ã'"))
      await refused(client, set(client, '12a', "number = '12A'"))

      // The next one has it once the first has left it.
      await set(client, '12a', 'delete_time = clock_timestamp()')
      expect(await live()).toEqual(['12A', '12Á too', '14'])
      await refused(client, addRoom(client, '12a'))
      await refused(client, set(client, '12a', 'delete_time = null'))
      await set(client, '12A', "number = '15'")
      expect(await live()).toEqual(['15', '12Á', '14'])
      await set(client, '12Á', "number = '16'")
      await set(client, '12a', 'delete_time = null')
      expect(await live()).toEqual(['12a', '15', '16', '14'])
    })
  })

  test('has its guests searched as new ones are', async () => {
    const before = async (client: Client) => {
      await client.query(`
        drop function fill_guest_search cascade;
        drop function search_text;
        drop function folded cascade;
        alter table guest drop column search;
        alter table guest add column search text not null generated always as (lower(
          first_name || ' ' || coalesce(last_name, '') || ' ' || coalesce(email, '') || ' ' || coalesce(phone, ''))) stored;
        create index guest_search on guest using gin (search gin_trgm_ops);
        delete from migration where name >= '0007';
        select begin_write('${HOTEL}', '0');
        insert into guest (hotel_id, id, first_name, create_time, update_time, updated_by)
        select '${HOTEL}', uuidv7(), name || n, clock_timestamp(), clock_timestamp(), 'x'
        from unnest(array['Jörg', 'İlknur', 'Ada']) name, generate_series(1, 400) n`)
    }
    await upgraded('guests', before, async (client) => {
      const { rows } = await client.query(
        `select word, (select count(*)::int from guest where search like containing(word, 8)) as found
         from unnest(array['jorg', 'JÖRG', 'ilknur', 'ada', 'jörg400']) word`,
      )
      expect(rows.map(({ found }) => found)).toEqual([400, 400, 400, 400, 1])
      // As the build before goes on asking.
      const { rows: asked } = await client.query("select count(*)::int as n from guest where search like '%jörg%'")
      expect(asked).toEqual([{ n: 400 }])
      const { rows: changes } = await client.query("select count(*)::int as n from change where resource = 'guest'")
      expect(changes).toEqual([{ n: 1200 }])
    })
  })
})
