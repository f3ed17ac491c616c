import ArgumentParser
import TernKernel
import TernProject

package struct ApplyCommand: TernSubcommand {
    package static let configuration = CommandConfiguration(
        commandName: "apply", abstract: "Make the server match tern.yaml; prints the difference first.")

    @OptionGroup package var options: CommandOptions

    @Flag(help: "Only print the difference.")
    package var dryRun = false

    package init() {}

    package func perform(_ client: TernClient) async throws -> JSON {
        let project = try JSON(encoding: Project.load(options.requireProjectFile()))
        let plan = try await client.post("project/plan", ["project": project])
        if !options.json { show(plan, Terminal.standard) }
        if dryRun || plan["lines"]?.arrayValue?.isEmpty != false { return plan }
        return try await client.post("project/apply", ["project": project])
    }

    package func show(_ answer: JSON, _ terminal: Terminal) {
        if answer["applied"]?.boolValue == true {
            terminal.line("applied")
            return
        }
        let lines = answer["lines"]?.arrayValue ?? []
        if lines.isEmpty { terminal.line("nothing to change") }
        for line in lines {
            let sign = line["sign"]?.stringValue ?? ""
            let style: Terminal.Style = sign == "+" ? .green : sign == "-" ? .red : .yellow
            terminal.line(terminal.styled("\(sign) \(line["subject"]?.stringValue ?? "")", style))
            for change in line["changes"]?.arrayValue ?? [] { terminal.line("    " + (change.stringValue ?? "")) }
        }
    }
}
