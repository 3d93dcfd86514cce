using System.Text.Json;
using Puzzle.Core.Text;
using Puzzle.Core.Text.Jinja;

namespace Puzzle.Core.Tests.Text.Jinja;

/// <summary>Holds the templates against what transformers' own Jinja environment made of them.</summary>
public sealed class GoldenTemplateTests
{
    private static readonly TemplateOptions Options = TemplateOptions.Chat with { Now = () => new DateTime(2025, 3, 4, 5, 6, 7) };

    [Fact]
    public void Every_template_writes_every_conversation_as_transformers_does()
    {
        var folder = Shared.Golden("chat");
        var sources = Directory.GetFiles(Path.Combine(folder, "templates")).ToDictionary(file => Path.GetFileName(file), File.ReadAllText);
        var problems = new List<string>();
        var cases = 0;
        foreach (var line in File.ReadLines(Path.Combine(folder, "cases.jsonl")))
        {
            using var document = JsonDocument.Parse(line);
            var json = document.RootElement;
            cases++;
            var variables = json.GetProperty("variables").EnumerateObject().ToDictionary(field => field.Name, field => (object?)field.Value);
            string text;
            try
            {
                var template = ChatTemplate.Parse(sources[json.GetProperty("template").GetString()!], json.GetProperty("bos_token").GetString(), json.GetProperty("eos_token").GetString(), Options);
                text = template.Apply(json.GetProperty("messages"), json.GetProperty("add_generation_prompt").GetBoolean(), json.GetProperty("tools"), variables);
            }
            catch (TemplateException error)
            {
                text = $"error: {error.Reason}";
            }

            var expected = json.TryGetProperty("expected", out var rendered) ? rendered.GetString()! : $"error: {json.GetProperty("error").GetString()}";
            if (text != expected)
                problems.Add($"{json.GetProperty("template")} {json.GetProperty("case")}:\n{text}\ninstead of\n{expected}");
        }

        Assert.True(problems.Count == 0, $"{problems.Count} of {cases}:\n{string.Join("\n\n", problems.Take(5))}");
        Assert.Equal(276, cases);
    }

    [Fact]
    public void Every_feature_behaves_as_in_Python()
    {
        var folder = Shared.Golden("chat");
        using var given = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "features.context.json")));
        var variables = given.RootElement.EnumerateObject().ToDictionary(field => field.Name, field => (object?)field.Value);
        var problems = new List<string>();
        foreach (var line in File.ReadLines(Path.Combine(folder, "features.jsonl")))
        {
            using var document = JsonDocument.Parse(line);
            var source = document.RootElement.GetProperty("template").GetString()!;
            string text;
            try
            {
                text = Template.Parse(source, Options).Render(variables);
            }
            catch (TemplateException error)
            {
                text = $"error: {error.Reason}";
            }

            var expected = document.RootElement.TryGetProperty("expected", out var rendered) ? rendered.GetString()! : $"error: {document.RootElement.GetProperty("error").GetString()}";
            if (text != expected && !(expected == "error: no loader for this environment specified" && text.EndsWith(expected[7..], StringComparison.Ordinal)))
                problems.Add($"{source}\n  {text}\n  instead of\n  {expected}");
        }

        Assert.True(problems.Count == 0, $"{problems.Count}:\n{string.Join("\n\n", problems)}");
    }

    [Fact]
    public void Hostile_templates_end_with_an_error_and_cost_little()
    {
        foreach (var file in Directory.GetFiles(Shared.Golden("hostile", "jinja")))
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            string? text = null;
            try
            {
                text = Template.Parse(File.ReadAllText(file), Options).Render(new Dictionary<string, object?> { ["x"] = "x" });
            }
            catch (TemplateException)
            {
                // Refused, as it should be.
            }

            var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            Assert.True(text is null or "" or "x", $"{file}: {text?[..Math.Min(text.Length, 200)]}");
            Assert.True(allocated < 64L << 20, $"{file}: {allocated} bytes");
        }
    }

    [Fact]
    public void The_harness_refuses_what_is_undefined_and_keeps_the_last_newline()
    {
        var document = new Dictionary<string, object?> { ["question"] = " What? ", ["choices"] = new List<object?> { "a", "b" }, ["answer"] = 1L };
        Assert.Equal("What?\nb\n", Template.Parse("{{question.strip()}}\n{{choices[answer]}}\n", TemplateOptions.Harness).Render(document));
        Assert.Equal("['a', 'b']", Template.Parse("{{choices}}", TemplateOptions.Harness).Render(document));
        var error = Assert.Throws<TemplateException>(() => Template.Parse("{{ missing }}", TemplateOptions.Harness).Render(document));
        Assert.Equal("'missing' is undefined", error.Reason);
        Assert.Equal("\\u003ca\\u003e", Template.Parse("{{ x | tojson }}", TemplateOptions.Harness).Render(new Dictionary<string, object?> { ["x"] = "<a>" }).Trim('"'));
    }

    [Fact]
    public void The_assistants_words_are_found()
    {
        var template = Template.Parse("{% for m in messages %}<{{ m.role }}>{% if m.role == 'assistant' %}{% generation %}{{ m.content }}{% endgeneration %}{% else %}{{ m.content }}{% endif %}{% endfor %}");
        var text = template.Render(
            new Dictionary<string, object?>
            {
                ["messages"] = new[]
                {
                    new Dictionary<string, object?> { ["role"] = "user", ["content"] = "hi" },
                    new Dictionary<string, object?> { ["role"] = "assistant", ["content"] = "yes" },
                },
            },
            out var generated);
        Assert.Equal("yes", text[Assert.Single(generated)]);
    }
}
