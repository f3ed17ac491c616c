import ArgumentParser
import Foundation
import TernKernel
import TernServer

package struct ServerCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "server", abstract: "Run the server: tracking, registry, pipelines, serving, monitoring and dashboard in one process.",
        discussion: "Loopback needs no login. Any other address demands tokens; TERN_ADMIN_TOKEN seeds the first.")

    @OptionGroup package var options: CommandOptions

    @Option(help: "The address to listen on.")
    package var host = "127.0.0.1"

    @Option(help: "The port to listen on; 0 takes any free one.")
    package var port = 5000

    @Option(help: "Remove for good, once a day, what was deleted so long ago, such as 30d; without it, only `tern gc` removes.")
    package var retention: String?

    package init() {}

    package func validate() throws {
        if let retention, Period(retention) == nil {
            throw ValidationError("--retention is a length of time such as 30d, not '\(retention)'")
        }
        guard (0...65_535).contains(port) else { throw ValidationError("--port must be 0 to 65535, not \(port)") }
    }

    package func run() async throws {
        let configuration = ServerConfiguration(
            home: options.homeFolder, host: host, port: port, adminToken: ProcessInfo.processInfo.environment["TERN_ADMIN_TOKEN"],
            retention: retention.flatMap { Period($0) })
        try await TernServer.runUntilSignal(configuration) { url in
            print("listening on \(url)")
            fflush(nil)
            Terminal.note("dashboard \(url)   home \(configuration.home)   MLFLOW_TRACKING_URI=\(url)   Ctrl-C stops")
        }
    }
}
