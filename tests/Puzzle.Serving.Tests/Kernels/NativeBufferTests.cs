using Puzzle.Serving.Kernels;

namespace Puzzle.Serving.Tests.Kernels;

public sealed unsafe class NativeBufferTests
{
    [Fact]
    public void Buffers_of_all_sizes_come_and_go_and_never_touch_each_other()
    {
        var random = new Random(1);
        var live = new List<(NativeBuffer Buffer, byte Mark)>();
        for (var round = 0; round < 2_000; round++)
        {
            if (live.Count > 40 || (live.Count > 0 && random.Next(3) == 0))
            {
                var at = random.Next(live.Count);
                Check(live[at]);
                live[at].Buffer.Dispose();
                live[at].Buffer.Dispose();
                live.RemoveAt(at);
                continue;
            }

            var buffer = new NativeBuffer((1L << random.Next(0, 24)) + random.Next(1, 60));
            Assert.Equal(0, (long)buffer.Pointer % 64);
            var mark = (byte)random.Next(1, 256);
            new Span<byte>(buffer.Pointer, (int)buffer.Bytes).Fill(mark);
            live.Add((buffer, mark));
        }

        live.ForEach(Check);
        live.ForEach(entry => entry.Buffer.Dispose());

        static void Check((NativeBuffer Buffer, byte Mark) entry) =>
            Assert.Equal(-1, new ReadOnlySpan<byte>(entry.Buffer.Pointer, (int)entry.Buffer.Bytes).IndexOfAnyExcept(entry.Mark));
    }
}
