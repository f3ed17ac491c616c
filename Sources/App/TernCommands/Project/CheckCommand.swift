import ArgumentParser
import TernKernel
import TernProject

package struct CheckCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Validate tern.yaml offline, with line and column in each error.")

    @OptionGroup package var options: CommandOptions

    package init() {}

    package func run() async throws {
        let file = try options.requireProjectFile()
        let project = try Project.load(file)
        if options.json {
            print(try JSON(encoding: project).pretty)
        } else {
            Terminal.standard.line(
                "\(file) is sound: \(project.datasets.count) datasets, \(project.pipelines.count) pipelines, \(project.models.count) models, "
                    + "\(project.endpoints.count) endpoints")
        }
    }
}
