extension MLflowDialect {
    /// Registered models and their versions.
    func mountRegistry(on routes: inout MLflowRoutes) {}
}
