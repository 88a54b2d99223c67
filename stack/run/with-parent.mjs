// Loaded before a service's main.ts: a service ends with the process that started it, also when that was killed; nobody calls it any more.
process.once('disconnect', () => process.kill(process.pid, 'SIGINT'))
process.channel?.unref()
