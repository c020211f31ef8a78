/** Services for worker threads: functions cannot be sent there, so each thread imports the module that gives them. */
import { ConfigurationError, type ServiceImplementations } from '@troupe/core'
import { toError } from '@troupe/core/host'

/**
 * The implementations that the module at `url` exports as `services`, or as its default. Rejects with a
 * `ConfigurationError` when it cannot be imported or exports neither.
 */
export async function loadServices(url: string | undefined): Promise<ServiceImplementations> {
  if (url === undefined) return {}
  let module: { readonly services?: unknown; readonly default?: unknown }
  try {
    module = await import(url)
  } catch (thrown) {
    throw new ConfigurationError(
      `servicesModule ${url} cannot be imported: ${toError(thrown).message}`,
      { servicesModule: url },
      { cause: thrown },
    )
  }
  const services = module.services ?? module.default
  if (typeof services !== 'object' || services === null) {
    throw new ConfigurationError(
      `servicesModule ${url} must export an object of implementations as services, or as its default`,
      { servicesModule: url },
    )
  }
  return services as ServiceImplementations
}
