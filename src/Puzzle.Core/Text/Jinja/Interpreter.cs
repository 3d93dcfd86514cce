using System.Text;

namespace Puzzle.Core.Text.Jinja;

/// <summary>Runs the statements of a template; expressions are in the other part.</summary>
internal sealed partial class Interpreter(RenderContext context)
{
    private StringBuilder _output = new();
    private int _captures;

    private enum Flow
    {
        Next,
        Break,
        Continue,
    }

    /// <summary>The line of the statement that runs.</summary>
    public int Line { get; private set; }

    /// <summary>Where the assistant's words begin and end in the output.</summary>
    public List<Range> Generated { get; } = [];

    public string Run(IReadOnlyList<Statement> body, Scope scope)
    {
        Execute(body, scope);
        return _output.ToString();
    }

    public string CallMacro(MacroDefinition definition, Scope scope, CallArguments arguments)
    {
        context.EnterMacro();
        var parameters = definition.Parameters;
        for (var i = 0; i < parameters.Count; i++)
        {
            var (name, fallback) = parameters[i];
            scope.Set(name, arguments.Optional(i, name, fallback is null ? new Undefined($"parameter '{name}' was not provided") : null)
                ?? (i < arguments.Positional.Count || arguments.Named.ContainsKey(name) || fallback is null ? null : Evaluate(fallback, scope)));
        }

        scope.Set("varargs", new Sequence([.. arguments.Positional.Skip(parameters.Count)], isTuple: true));
        var rest = new Map();
        foreach (var (name, value) in arguments.Named.Where(entry => entry.Key != "caller" && !parameters.Any(parameter => parameter.Name == entry.Key)))
            rest.Set(name, value);
        scope.Set("kwargs", rest);
        if (arguments.Named.TryGetValue("caller", out var caller))
            scope.Set("caller", caller);
        var text = Capture(definition.Body, scope);
        context.LeaveMacro();
        return text;
    }

    private Flow Execute(IReadOnlyList<Statement> body, Scope scope)
    {
        RenderContext.CheckStack();
        foreach (var statement in body)
        {
            Line = statement.Line;
            context.Step();
            var flow = Execute(statement, scope);
            if (flow != Flow.Next)
                return flow;
        }

        return Flow.Next;
    }

    private Flow Execute(Statement statement, Scope scope)
    {
        switch (statement)
        {
            case Data data:
                Write(data.Text);
                return Flow.Next;
            case Print print:
                Write(Values.Text(context, Evaluate(print.Value, scope)));
                return Flow.Next;
            case If branches:
                return Choose(branches, scope);
            case For loop:
                RunLoop(loop, Evaluate(loop.Items, scope), scope, 0);
                return Flow.Next;
            case Set set:
                Assign(set.Target, Evaluate(set.Value, scope), scope);
                return Flow.Next;
            case SetBlock set:
                object? text = Capture(set.Body, new Scope(scope));
                Assign(set.Target, set.Filter is null ? text : EvaluateFilter(set.Filter, text, scope), scope);
                return Flow.Next;
            case MacroDefinition macro:
                scope.Set(macro.Name, new Macro(this, macro, scope));
                return Flow.Next;
            case CallBlock block:
                Write(Values.Text(context, Invoke(block.Call, scope, new Macro(this, block.Caller, scope))));
                return Flow.Next;
            case FilterBlock block:
                Write(Values.Text(context, EvaluateFilter(block.Filter, Capture(block.Body, new Scope(scope)), scope)));
                return Flow.Next;
            case With with:
                return RunWith(with, scope);
            case Generation generation:
                return Generate(generation, scope);
            case Break:
                return Flow.Break;
            case Continue:
                return Flow.Continue;
            default:
                throw new TemplateException($"'{((Unavailable)statement).Tag}': no loader for this environment specified");
        }
    }

    private void Write(string text)
    {
        context.Spend(text.Length);
        _output.Append(text);
    }

    private string Capture(IReadOnlyList<Statement> body, Scope scope)
    {
        var outside = _output;
        _output = new StringBuilder();
        _captures++;
        Execute(body, scope);
        _captures--;
        var text = _output.ToString();
        _output = outside;
        return text;
    }

    private Flow Choose(If branches, Scope scope)
    {
        foreach (var (test, body) in branches.Branches)
        {
            if (Truth(Evaluate(test, scope)))
                return Execute(body, scope);
        }

        return branches.Else is null ? Flow.Next : Execute(branches.Else, scope);
    }

    private Flow RunWith(With with, Scope scope)
    {
        var inner = new Scope(scope);
        foreach (var (target, value) in with.Assignments)
            Assign(target, Evaluate(value, scope), inner);
        return Execute(with.Body, inner);
    }

    private Flow Generate(Generation generation, Scope scope)
    {
        var start = _output.Length;
        var flow = Execute(generation.Body, new Scope(scope));
        if (_captures == 0)
            Generated.Add(start.._output.Length);
        return flow;
    }

    private void RunLoop(For loop, object? value, Scope scope, int depth)
    {
        RenderContext.CheckStack();
        if (depth > context.Options.Limits.Depth)
            throw new TemplateException("maximum recursion depth exceeded");
        var items = Values.Iterate(context, value);
        if (loop.Filter is not null)
        {
            List<object?> kept = [];
            foreach (var item in items)
            {
                context.Step();
                var inner = new Scope(scope);
                Assign(loop.Target, item, inner);
                if (Truth(Evaluate(loop.Filter, inner)))
                    kept.Add(item);
            }

            context.SpendItems(kept.Count);
            items = kept;
        }

        if (items.Count == 0)
        {
            if (loop.Else is not null)
                Execute(loop.Else, new Scope(scope));
            return;
        }

        var state = new Loop(items, depth, loop.Recursive ? (inner, level) => Recurse(loop, inner, scope, level) : null);
        for (var i = 0; i < items.Count; i++)
        {
            context.Step();
            state.Index = i;
            var inner = new Scope(scope);
            inner.Set("loop", state);
            Assign(loop.Target, items[i], inner);
            if (Execute(loop.Body, inner) == Flow.Break)
                return;
        }
    }

    private string Recurse(For loop, object? items, Scope scope, int depth)
    {
        var outside = _output;
        _output = new StringBuilder();
        _captures++;
        RunLoop(loop, items, scope, depth);
        _captures--;
        var text = _output.ToString();
        _output = outside;
        return text;
    }

    private void Assign(Target target, object? value, Scope scope)
    {
        switch (target)
        {
            case NameTarget name:
                scope.Set(name.Name, value);
                return;
            case MemberTarget member:
                var space = scope.TryGet(member.Object, out var found) ? found as Namespace : null;
                (space ?? throw new TemplateException("cannot assign attribute on non-namespace object")).Members[member.Name] = value;
                return;
            case TupleTarget tuple:
                var items = value is Undefined undefined ? throw undefined.Fail() : Values.Items(context, value) ?? throw new TemplateException($"cannot unpack non-iterable {Values.TypeName(value)} object");
                if (items.Count != tuple.Items.Count)
                    throw new TemplateException(items.Count > tuple.Items.Count ? $"too many values to unpack (expected {tuple.Items.Count})" : $"not enough values to unpack (expected {tuple.Items.Count}, got {items.Count})");
                for (var i = 0; i < items.Count; i++)
                    Assign(tuple.Items[i], items[i], scope);
                return;
        }
    }

    private bool Truth(object? value) => Values.Truth(value, context.Options.StrictUndefined);
}
