using System.Text.Json.Nodes;

namespace Puzzle.Cli.Tests;

public sealed class GenerateTests : IDisposable
{
    private readonly TinyParent _parent = new();

    public void Dispose() => _parent.Dispose();

    [Fact]
    public void TheTextStreamsAndIsInTheDocument()
    {
        var plain = Run("--prompt", "Tom had", "--max-tokens", "20", "--ignore-eos");
        Assert.Equal(0, plain.ExitCode);
        var json = Run("--prompt", "Tom had", "--max-tokens", "20", "--ignore-eos", "--json");
        var text = (string)json.Json["text"]!;
        Assert.NotEmpty(text);
        Assert.Equal(text + "\n", plain.Output.ReplaceLineEndings("\n"));
        Assert.StartsWith(text + Environment.NewLine, json.Error);
        Assert.Equal("length", (string?)json.Json["finish_reason"]);
        Assert.Equal(20, (int?)json.Json["completion_tokens"]);
        Assert.Equal(20, json.Json["token_ids"]!.AsArray().Count);

        var stop = text.Substring(text.Length / 2, 3);
        var stopped = Run("--prompt", "Tom had", "--max-tokens", "20", "--ignore-eos", "--stop", "no such words", "--stop", stop, "--json").Json;
        Assert.Equal(text[..text.IndexOf(stop, StringComparison.Ordinal)], (string?)stopped["text"]);
        Assert.Equal("stop", (string?)stopped["finish_reason"]);
        Assert.Equal(stop, (string?)stopped["stop_string"]);
    }

    [Fact]
    public void SeedsDecideAndStdinIsRead()
    {
        string Draw(string seed) => (string)Run("--prompt", "Tom", "--temperature", "50", "--top-k", "50", "--top-p", "0.95", "--min-p", "0.01", "--repetition-penalty", "1.1", "--seed", seed, "--json").Json["text"]!;
        Assert.Equal(Draw("1"), Draw("1"));
        Assert.NotEqual(Draw("1"), Draw("2"));

        var before = Console.In;
        try
        {
            Console.SetIn(new StringReader("Tom had\n"));
            Assert.Equal((string?)Run("--prompt", "Tom had", "--json").Json["text"], (string?)Run("--prompt", "-", "--json").Json["text"]);
        }
        finally
        {
            Console.SetIn(before);
        }
    }

    [Fact]
    public void AChatGoesThroughTheTemplate()
    {
        var config = _parent.PathOf("parent/tokenizer_config.json");
        var settings = JsonNode.Parse(File.ReadAllText(config))!.AsObject();
        settings["chat_template"] = "{% for message in messages %}{{ message['role'] + ': ' + message['content'] + '\n' }}{% endfor %}{% if add_generation_prompt %}assistant:{% endif %}";
        File.WriteAllText(config, settings.ToJsonString());
        var chat = Run("--prompt", "Tom had", "--chat", "--system", "Be brief.", "--json").Json;
        var plain = Run("--prompt", "system: Be brief.\nuser: Tom had\nassistant:", "--json").Json;
        Assert.Equal((int?)plain["prompt_tokens"], (int?)chat["prompt_tokens"]);
        Assert.Equal((string?)plain["text"], (string?)chat["text"]);
    }

    [Theory]
    [InlineData(2, "--max-tokens is 0; expected 1 or more", "--prompt", "x", "--max-tokens", "0")]
    [InlineData(2, "top-p: 2 is not possible", "--prompt", "x", "--top-p", "2")]
    [InlineData(2, "--system goes with --chat", "--prompt", "x", "--system", "y")]
    [InlineData(2, "a stop string is empty", "--prompt", "x", "--stop", "")]
    [InlineData(2, "--threads is -1", "--prompt", "x", "--threads", "-1")]
    [InlineData(2, "'q5' not recognized", "--prompt", "x", "--weights", "q5")]
    [InlineData(2, "--device is 'tpu'; expected cpu, cuda or cuda:N", "--prompt", "x", "--device", "tpu")]
    [InlineData(2, "--weights bf16 goes with --device cpu", "--prompt", "x", "--device", "cuda", "--weights", "bf16")]
    [InlineData(2, "'--prompt' is required")]
    [InlineData(3, "the model has no chat template", "--prompt", "x", "--chat")]
    public void WhatIsWrongIsTold(int code, string message, params string[] options)
    {
        var run = Run(options);
        Assert.Contains(message, run.Error, StringComparison.Ordinal);
        Assert.Equal(code, run.ExitCode);
    }

    private Tool Run(params string[] options) => Tool.Run(["generate", _parent.PathOf("parent"), .. options]);
}
