import ArgumentParser
import TernKernel

package struct EndpointsCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "endpoints", abstract: "Endpoints, what runs behind them, and its health.",
        subcommands: [EndpointsList.self, EndpointsShow.self, EndpointsShadow.self], defaultSubcommand: EndpointsList.self)

    package init() {}
}

package struct EndpointsList: TernSubcommand {
    package static let configuration = CommandConfiguration(commandName: "list", abstract: "List the endpoints.")
    @OptionGroup package var options: CommandOptions

    package init() {}

    package func perform(_ client: TernClient) async throws -> JSON { try await client.get("endpoints") }

    package func show(_ answer: JSON, _ terminal: Terminal) {
        let rows = (answer["endpoints"]?.arrayValue ?? []).map { endpoint in
            let variants = (endpoint["variants"]?.arrayValue ?? []).map { variant in
                let reference = variant["reference"] ?? variant
                return "\(reference.cell("name")) \(reference.cell("role")) \(JSON.percent(variant["share"]?.doubleValue))"
            }
            let declaration = endpoint["declaration"] ?? .null
            return [
                declaration.cell("name"), declaration.cell("model"), variants.joined(separator: ", "), endpoint["release"]?.cell("state") ?? "-",
                endpoint.cell("clock"),
            ]
        }
        terminal.table(["endpoint", "model", "variants", "release", "clock"], rows)
    }
}

package struct EndpointsShow: TernSubcommand {
    package static let configuration = CommandConfiguration(commandName: "show", abstract: "Show an endpoint: variants, release, latency, quality.")
    @OptionGroup package var options: CommandOptions
    @Argument(help: "The endpoint.") package var endpoint: String

    package init() {}

    package func perform(_ client: TernClient) async throws -> JSON {
        let name = TernClient.encode(endpoint)
        return [
            "endpoint": try await client.get("endpoints/\(name)"), "latency": try await client.get("endpoints/\(name)/latency"),
            "quality": try await client.get("endpoints/\(name)/quality"),
            "alerts": try await client.get("alerts", ["endpoint": endpoint, "state": "open"]),
        ]
    }

    package func show(_ answer: JSON, _ terminal: Terminal) {
        let endpoint = answer["endpoint"] ?? .null
        terminal.heading(endpoint["declaration"]?.cell("name") ?? "-")
        terminal.facts([
            ("model", endpoint["declaration"]?.cell("model")), ("owner", endpoint["declaration"]?.cell("owner")), ("clock", endpoint.cell("clock")),
            ("p50", answer["latency"]?["p50"].map { $0.cell + " ms" }), ("p99", answer["latency"]?["p99"].map { $0.cell + " ms" }),
        ])
        terminal.table(
            ["variant", "role", "version", "share"],
            (endpoint["variants"]?.arrayValue ?? []).map { variant in
                let reference = variant["reference"] ?? variant
                return [reference.cell("name"), reference.cell("role"), reference.cell("version"), JSON.percent(variant["share"]?.doubleValue)]
            })
        for alert in answer["alerts"]?["alerts"]?.arrayValue ?? [] { terminal.line(terminal.styled("! ", .red) + alert.cell("message")) }
    }
}

package struct EndpointsShadow: TernSubcommand {
    package static let configuration = CommandConfiguration(
        commandName: "shadow", abstract: "Let a version see every request and answer nobody, or stop it (--remove).")
    @OptionGroup package var options: CommandOptions
    @Argument(help: "The endpoint.") package var endpoint: String
    @Argument(help: "The shadow's name.") package var name: String
    @Argument(help: "The version.") package var version: Int?
    @Flag(help: "Take it away.") package var remove = false

    package init() {}

    package func validate() throws {
        if !remove, version == nil { throw ValidationError("a shadow needs a version") }
    }

    package func perform(_ client: TernClient) async throws -> JSON {
        let path = "endpoints/\(TernClient.encode(endpoint))/shadows"
        if remove { return try await client.delete("\(path)/\(TernClient.encode(name))") }
        return try await client.post(path, ["name": .string(name), "version": JSON(version)])
    }

    package func show(_ answer: JSON, _ terminal: Terminal) {
        terminal.line(remove ? "shadow \(name) removed" : "shadow \(name) sees every request of \(endpoint)")
    }
}
