namespace Puzzle.Core.Text.Jinja;

/// <summary>
/// A Jinja template. Templates come with models and tasks from strangers: they see copies of plain values only, cannot
/// read files, change nothing outside, and end at <see cref="TemplateLimits"/>.
/// </summary>
public sealed class Template
{
    private readonly IReadOnlyList<Statement> _body;
    private readonly TemplateOptions _options;

    private Template(IReadOnlyList<Statement> body, TemplateOptions options) => (_body, _options) = (body, options);

    /// <exception cref="TemplateException">The source is no template.</exception>
    public static Template Parse(string source, TemplateOptions? options = null)
    {
        options ??= TemplateOptions.Chat;
        return new(Parser.Read(source, options), options);
    }

    /// <param name="variables">Plain values (string, bool, int, long, double, null, lists, dictionaries with text keys) and JSON.</param>
    /// <exception cref="TemplateException">The template raised an error, or did what it may not.</exception>
    public string Render(IReadOnlyDictionary<string, object?> variables) => Render(variables, out _);

    /// <param name="generated">The parts inside <c>{% generation %}</c>: what the assistant says.</param>
    /// <inheritdoc cref="Render(IReadOnlyDictionary{string, object?})"/>
    public string Render(IReadOnlyDictionary<string, object?> variables, out IReadOnlyList<Range> generated)
    {
        var context = new RenderContext(_options);
        var interpreter = new Interpreter(context);
        try
        {
            var globals = new Scope(null);
            Globals.Define(context, globals);
            var given = new Scope(globals);
            foreach (var (name, value) in variables)
                given.Set(name, TemplateValues.Import(context, value));
            var text = interpreter.Run(_body, new Scope(given));
            generated = interpreter.Generated;
            return text;
        }
        catch (TemplateException error) when (error.Line == 0)
        {
            error.Line = interpreter.Line;
            throw;
        }
    }
}
