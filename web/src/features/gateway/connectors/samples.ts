import type { ConnectorKind } from "./queries";

/** What the settings of a kind look like, to begin with. */
export const SAMPLES: Record<ConnectorKind, object> = {
  http: {
    url: "https://crm.example.com/api",
    auth: { type: "bearer", token: { secret: "crm_token" } },
    operations: {
      find_customer: {
        path: "/customers/{id}",
        description: "A customer by number",
        arguments: { id: { type: "string" } },
      },
    },
  },
  sql: {
    url: "postgresql+psycopg://reader@db.example/crm",
    password: { secret: "db_password" },
    queries: {
      orders_of: {
        sql: "SELECT * FROM orders WHERE customer_id = :customer",
        description: "Orders of a customer",
        arguments: { customer: { type: "integer" } },
      },
    },
  },
  batch: {
    source: { type: "folder", path: "/data/deliveries" },
    tables: {
      orders: {
        files: "orders_*.csv",
        key: ["order_id"],
        as_of: "orders_%Y%m%d.csv",
        freshness: { every: "day", by: "06:30", zone: "Europe/Berlin" },
      },
    },
  },
  mcp: {
    url: "https://tools.example.com/mcp",
    auth: { type: "bearer", token: { secret: "mcp_token" } },
  },
};

/** Arguments to try a tool with: each that is required, empty, in its own type. */
export function argumentsOf(schema: Record<string, unknown>): Record<string, unknown> {
  const properties = isObject(schema.properties) ? schema.properties : {};
  const required = Array.isArray(schema.required) ? schema.required.map(String) : [];
  return Object.fromEntries(required.map((name) => [name, emptyOf(properties[name])]));
}

function emptyOf(schema: unknown): unknown {
  if (!isObject(schema)) return "";
  if ("default" in schema) return schema.default;
  if (Array.isArray(schema.enum)) return schema.enum[0] as unknown;
  const type = Array.isArray(schema.type) ? (schema.type[0] as unknown) : schema.type;
  if (type === "integer" || type === "number") return 0;
  if (type === "boolean") return false;
  if (type === "array") return [];
  return type === "object" ? {} : "";
}

export const isObject = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null && !Array.isArray(value);

/** The object a text holds as JSON, else what is wrong with it. */
export function objectOf(text: string): { value: Record<string, unknown> } | { fault: string } {
  try {
    const value: unknown = JSON.parse(text.trim() || "{}");
    return isObject(value) ? { value } : { fault: "Expected an object: { … }" };
  } catch (error) {
    return { fault: error instanceof Error ? error.message : "This is no JSON" };
  }
}
