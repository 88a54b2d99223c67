export default async function t() {}
