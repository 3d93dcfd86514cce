using System.Runtime.Intrinsics.X86;

namespace Puzzle.Serving.Kernels;

/// <summary>
/// Threads that live as long as the engine and run the same method, each with its own number; the caller is number 0. They
/// meet at barriers, for which they spin: a decode step has hundreds of them and a wake-up by the system costs more than
/// the work between two. A thread that waits long yields, and sleeps between steps.
/// </summary>
internal sealed class ThreadTeam : IDisposable
{
    private const int SpinsBeforeYield = 20_000;
    private const int YieldsBeforeSleep = 50;

    private readonly Thread[] _threads;
    private readonly SemaphoreSlim _wake = new(0);
    private readonly int[] _arrived = new int[64];
    private readonly int[] _phase = new int[64];
    private readonly int[] _generation = new int[64];
    private readonly int[] _asleep = new int[64];
    private readonly int[] _finished = new int[64];
    private Action<int> _work = _ => { };
    private int _members;
    private volatile bool _stopping;
    private volatile Exception? _failure;

    /// <param name="size">Threads, the caller's included.</param>
    public ThreadTeam(int size)
    {
        Size = size;
        _threads = [.. Enumerable.Range(1, size - 1).Select(number => new Thread(() => Live(number)) { IsBackground = true, Name = $"engine {number}" })];
        foreach (var thread in _threads)
            thread.Start();
    }

    public int Size { get; }

    /// <summary>Runs <paramref name="work"/> on the first <paramref name="members"/> threads and returns when all are done.</summary>
    public void Run(Action<int> work, int members)
    {
        if (members == 1)
        {
            _members = 1;
            work(0);
            return;
        }

        (_work, _members) = (work, members);
        Volatile.Write(ref _finished[32], 0);
        Interlocked.Increment(ref _generation[32]);
        var asleep = Volatile.Read(ref _asleep[32]);
        if (asleep > 0)
            _wake.Release(asleep);
        work(0);
        for (var spins = 0; Volatile.Read(ref _finished[32]) < Size - 1; spins++)
            Pause(spins);
        if (_failure is { } failure)
        {
            _failure = null;
            throw new InvalidOperationException("a thread of the engine failed", failure);
        }
    }

    /// <summary>Waits until all members are here.</summary>
    public void Meet()
    {
        if (_members == 1)
            return;
        var phase = Volatile.Read(ref _phase[32]);
        if (Interlocked.Increment(ref _arrived[32]) == _members)
        {
            Volatile.Write(ref _arrived[32], 0);
            Volatile.Write(ref _phase[32], phase + 1);
            return;
        }

        for (var spins = 0; Volatile.Read(ref _phase[32]) == phase; spins++)
            Pause(spins);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _stopping = true;
        Interlocked.Increment(ref _generation[32]);
        if (_threads.Length > 0)
            _wake.Release(_threads.Length);
        foreach (var thread in _threads)
            thread.Join();
        _wake.Dispose();
    }

    private void Live(int number)
    {
        var seen = 0;
        while (true)
        {
            Await(seen);
            seen = Volatile.Read(ref _generation[32]);
            if (_stopping)
                return;
            try
            {
                if (number < _members)
                    _work(number);
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                _failure = e;
            }

            Interlocked.Increment(ref _finished[32]);
        }
    }

    // A wake-up meant for another thread, or left over, only makes this one look once more.
    private void Await(int seen)
    {
        for (var spins = 0; Volatile.Read(ref _generation[32]) == seen; spins++)
        {
            if (spins < SpinsBeforeYield + YieldsBeforeSleep)
            {
                Pause(spins);
                continue;
            }

            Interlocked.Increment(ref _asleep[32]);
            if (Volatile.Read(ref _generation[32]) == seen)
                _wake.Wait();
            Interlocked.Decrement(ref _asleep[32]);
        }
    }

    private static void Pause(int spins)
    {
        if (spins >= SpinsBeforeYield)
            Thread.Yield();
        else if (spins > 64 && X86Base.IsSupported)
            X86Base.Pause();
        else if (spins > 64)
            Thread.SpinWait(1);
    }
}
