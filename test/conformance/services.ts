/** The services that every host of the suite is given; worker threads import this module. */
export const services = { greeter: { greet: (name: string) => `hello ${name}` } }
