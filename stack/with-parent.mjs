// Loaded before a service's main.ts: a service ends with the process that started it, also when that was killed.
process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'))
process.channel?.unref()
