// A program with the generated types. It compiles when they say what the server gives; what must not
// compile is marked.

import { request } from "graphql-request";
import { RouteDocument, ServiceDocument, ServicesDocument, type ServiceCardFragment } from "./generated/queries.js";

export async function titles(url: string, category: string): Promise<string[]> {
  const { services } = await request(url, ServicesDocument, { filter: { category: [category], status: ["ACTIVE"] } });
  return services.nodes.map(card);
}

function card(service: ServiceCardFragment): string {
  const title: string = service.title;
  // @ts-expect-error: a service may have no office
  const office: string = service.responsibleOffice.title;
  // @ts-expect-error: an amount is text, so that no cent is lost
  const cost: number | undefined = service.costs[0]?.amount?.value;
  // @ts-expect-error: there is no such status
  const closed: boolean = service.status === "CLOSED";
  return title;
}

export async function identifier(url: string, slug: string): Promise<string | undefined> {
  // @ts-expect-error: an id or a slug, not both
  const both = () => request(url, ServiceDocument, { by: { slug, id: slug } });
  const { service } = await request(url, ServiceDocument, { by: { slug }, locale: "it" });
  const linked: unknown = service?.jsonLd.schemaOrg;
  return typeof linked === "object" ? service?.id : undefined;
}

export async function kind(url: string, path: string): Promise<string> {
  const { route } = await request(url, RouteDocument, { path });
  switch (route?.__typename) {
    case "RouteContent":
      return route.content.__typename === "Service" ? route.content.identifier : route.content.title;
    case "RouteRedirect":
      return `${route.statusCode} ${route.path}`;
    case "RouteGone":
    case undefined:
      return "nothing";
  }
}
