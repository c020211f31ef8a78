/** Services and placement policies for worker threads: functions cannot be sent there, so each thread imports their module. */
import { ConfigurationError, type PlacementPolicies, type ServiceImplementations } from '@troupe/core'
import { toError } from '@troupe/core/host'

/** What a services module gives. */
export interface LoadedServices {
  readonly services: ServiceImplementations
  readonly placement: PlacementPolicies
}

/**
 * The implementations that the module at `url` exports as `services`, or as its default, and the policies that it exports
 * as `placement`. Rejects with a `ConfigurationError` when it cannot be imported or exports none of them.
 */
export async function loadServices(url: string | undefined): Promise<LoadedServices> {
  if (url === undefined) return { services: {}, placement: {} }
  let module: { readonly services?: unknown; readonly default?: unknown; readonly placement?: unknown }
  try {
    module = await import(url)
  } catch (thrown) {
    throw new ConfigurationError(
      `servicesModule ${url} cannot be imported: ${toError(thrown).message}`,
      { servicesModule: url },
      { cause: thrown },
    )
  }
  const { placement = {} } = module
  const services = module.services ?? module.default ?? (module.placement === undefined ? undefined : {})
  if (typeof services !== 'object' || services === null || typeof placement !== 'object' || placement === null) {
    throw new ConfigurationError(
      `servicesModule ${url} must export an object of implementations as services, or as its default (and policies as placement)`,
      { servicesModule: url },
    )
  }
  return { services: services as ServiceImplementations, placement: placement as PlacementPolicies }
}
