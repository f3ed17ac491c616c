import ArgumentParser
import Foundation
import TernKernel
import TernServer

package struct DemoCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "demo", abstract: "Run the electricity example whole: from the first dataset to the last retraining.",
        discussion: "Starts a server of its own on a fresh home beside the example. script/demo sets up, builds, and calls this.")

    @Option(help: "The example's folder.")
    package var project = "Examples/electricity"

    @Option(help: "The port of the demo's server; 0 takes any free one.")
    package var port = 5000

    @Flag(help: "Stop after the report instead of serving on.")
    package var exit = false

    @Option(help: "Replay the market only until this day.")
    package var until: String?

    @Option(help: "Where the report goes.")
    package var report = "report.json"

    package init() {}

    package func validate() throws {
        if let until, Timestamp(until) == nil { throw ValidationError("--until must be a day such as 1997-09-01, not '\(until)'") }
    }

    package func run() async throws {
        let folder = URL(fileURLWithPath: project).standardizedFileURL.path
        guard FileManager.default.fileExists(atPath: folder + "/tern.yaml") else {
            throw TernError.notFound("there is no tern.yaml in \(folder)", hint: "run this from the checkout, or give --project Examples/electricity")
        }
        let home = folder + "/.tern"
        if let running = ServerAddress.read(home: home) {
            throw TernError(
                .unavailable, "the demo is running already: \(running.url), process \(running.process)", hint: "stop it with Ctrl-C there")
        }
        try? FileManager.default.removeItem(atPath: home)
        let hooks = try await WebhookListener.start()
        let server = try await ServerProcess.start(home: home, port: port)
        do {
            let script = DemoScript(
                client: TernClient(url: server.url, token: nil), folder: folder, webhook: hooks.url, until: until.flatMap { Timestamp($0) })
            let outcome = try await script.run()
            let reporter = try await DemoReport(client: script.client, outcome: outcome, webhooks: hooks.received)
            let document = try await reporter.assemble()
            let path = URL(fileURLWithPath: report).standardizedFileURL.path
            try DemoReport.write(document, to: path)
            DemoReport.show(document, Terminal.standard)
            let terminal = Terminal.standard
            terminal.line("")
            terminal.line("dashboard  \(server.url)")
            terminal.line("page       \(DemoReport.page(beside: path))")
            terminal.line("report     \(path)")
            if !exit {
                Terminal.note("serving until Ctrl-C")
                try await server.wait()
            }
        } catch {
            await server.stop()
            await hooks.stop()
            throw error
        }
        await server.stop()
        await hooks.stop()
    }
}
