export default async function setUp() { console.log('setup', process.version); process.env.X='1' }
