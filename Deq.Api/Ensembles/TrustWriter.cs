using System.Threading.Channels;
using Microsoft.Data.Sqlite;

namespace Deq.Api.Ensembles;

/// <summary>The one writer of a trust store: whatever waits is committed together, and acknowledged afterwards.</summary>
internal sealed class TrustWriter : IAsyncDisposable
{
    private const int LargestBatch = 1024;
    private const int MostWaiting = 16 * LargestBatch;

    private readonly SqliteConnection _connection;
    private readonly Channel<Write> _waiting = Channel.CreateBounded<Write>(new BoundedChannelOptions(MostWaiting) { SingleReader = true });
    private readonly Task _writing;

    /// <summary>Begins to write.</summary>
    /// <param name="connection">Open, migrated; disposed of with the writer.</param>
    public TrustWriter(SqliteConnection connection)
    {
        _connection = connection;
        _writing = Task.Run(WriteAll);
    }

    /// <summary>Does some work inside a transaction, and gives its result when that is on disk.</summary>
    public async Task<T> Queue<T>(Func<TrustWrites, T> work)
    {
        var write = new Write<T>(work);
        await _waiting.Writer.WriteAsync(write);
        return await write.Done;
    }

    /// <summary>Writes what waits, and closes the connection.</summary>
    public async ValueTask DisposeAsync()
    {
        _waiting.Writer.TryComplete();
        await _writing;
        await _connection.DisposeAsync();
    }

    private async Task WriteAll()
    {
        using var writes = new TrustWrites(_connection);
        List<Write> batch = [];
        while (await _waiting.Reader.WaitToReadAsync())
        {
            while (batch.Count < LargestBatch && _waiting.Reader.TryRead(out Write? write))
            {
                batch.Add(write);
            }

            Commit(writes, batch);
            batch.Clear();
        }
    }

    /// <summary>One transaction; a write that fails is undone alone, and one that cannot be committed fails with all of its batch.</summary>
    private void Commit(TrustWrites writes, List<Write> batch)
    {
        try
        {
            TrustSchema.Execute(_connection, "BEGIN IMMEDIATE");
            foreach (Write write in batch)
            {
                TrustSchema.Execute(_connection, "SAVEPOINT one");
                TrustSchema.Execute(_connection, write.Run(writes) ? "RELEASE one" : "ROLLBACK TO one; RELEASE one");
            }

            TrustSchema.Execute(_connection, "COMMIT");
        }
        catch (SqliteException fault)
        {
            batch.ForEach(write => write.Fail(fault));
            Abandon();
            return;
        }

        batch.ForEach(write => write.Acknowledge());
    }

    private void Abandon()
    {
        try
        {
            TrustSchema.Execute(_connection, "ROLLBACK");
        }
        catch (SqliteException)
        {
            // SQLite has rolled back itself, as it does on a full disk.
        }
    }

    private abstract class Write
    {
        public abstract bool Run(TrustWrites writes);

        public abstract void Acknowledge();

        public abstract void Fail(Exception fault);
    }

    private sealed class Write<T>(Func<TrustWrites, T> work) : Write
    {
        private readonly TaskCompletionSource<T> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private T? _result;
        private ArgumentException? _refused;

        public Task<T> Done => _done.Task;

        public override bool Run(TrustWrites writes)
        {
            try
            {
                _result = work(writes);
                return true;
            }
            catch (ArgumentException refused)
            {
                _refused = refused;
                return false;
            }
        }

        public override void Acknowledge()
        {
            if (_refused is not null)
            {
                _done.TrySetException(_refused);
            }
            else
            {
                _done.TrySetResult(_result!);
            }
        }

        public override void Fail(Exception fault) => _done.TrySetException(fault);
    }
}
