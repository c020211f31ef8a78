%% Erlang/OTP as a peer: the same command line and the same lines of JSON as child.ts. A process of its own for each
%% actor, messages as tuples, and for the workloads across threads a process bound to each of two schedulers.
-module(troupe_peer).
-export([main/1]).

-define(RING, 100).
-define(FORK_JOIN, 60).
-define(BIG, 120).
-define(CREATURES, 100).
-define(PIPELINE, 64).
-define(LARGE, 65536).
-define(PER_ACKNOWLEDGEMENT, 32).
-define(BATCH, 256).
-define(WARM_UP_STEPS_MAX, 8).

main(Jobs) ->
    lists:foreach(fun job/1, Jobs),
    halt(0).

job(Job) ->
    [Name, Variant, Size, Budget, Rounds] = string:split(Job, ",", all),
    Workload = list_to_atom(Name),
    Run = fun(Wanted) -> run(Workload, Variant, Wanted) end,
    RoundSize = warm_up(multiple(Workload), Run, list_to_integer(Size), list_to_integer(Budget)),
    lists:foreach(
        fun(_) ->
            {Result, Nanoseconds} = timed(Run, RoundSize),
            print(Job, Result, Nanoseconds)
        end,
        lists:seq(1, list_to_integer(Rounds))
    ).

print(Job, {Completed, Key, Value}, Nanoseconds) ->
    io:format("{\"job\":\"~s\",\"completed\":~w,\"~s\":~w,\"nanoseconds\":~w}~n", [Job, Completed, Key, Value, Nanoseconds]);
print(Job, Completed, Nanoseconds) ->
    io:format("{\"job\":\"~s\",\"completed\":~w,\"nanoseconds\":~w}~n", [Job, Completed, Nanoseconds]).

%% What a size is a multiple of; `none`: it is never changed.
multiple('ping-pong') -> 2;
multiple('thread-ring') -> ?RING;
multiple('fork-join-throughput') -> ?FORK_JOIN;
multiple(big) -> 2 * ?BIG;
multiple('xthread-tell') -> ?BATCH;
multiple('xthread-nested') -> ?BATCH;
multiple('xthread-pipelined-ask') -> ?PIPELINE;
multiple('xthread-bytes') -> ?PER_ACKNOWLEDGEMENT;
multiple(fibonacci) -> none;
multiple(memory) -> none;
multiple(cpu) -> none;
multiple(_) -> 1.

warm_up(none, Run, Size, _) ->
    case Size < 100 of
        true -> Run(Size);
        false -> ok
    end,
    Size;
warm_up(Multiple, Run, Size, Budget) ->
    Fit = fun(Wanted) -> max(Multiple, (min(Size, Wanted) div Multiple) * Multiple) end,
    warm_up(1, Fit, Run, Fit(Size div 100), Budget).

%% As child.ts does: until the size no longer grows.
warm_up(?WARM_UP_STEPS_MAX, _, _, Current, _) -> Current;
warm_up(Step, Fit, Run, Current, Budget) ->
    {_, Nanoseconds} = timed(Run, Current),
    Next = Fit(min(Current * Budget * 1000000 div Nanoseconds, Current * 10)),
    case Step >= 3 andalso Next * 2 =< Current * 3 of
        true -> Next;
        false -> warm_up(Step + 1, Fit, Run, Next, Budget)
    end.

%% Each run in a process of its own, as is everything it starts.
timed(Run, Size) ->
    {Pid, Monitor} = spawn_opt(
        fun() ->
            Started = erlang:monotonic_time(nanosecond),
            Result = Run(Size),
            exit({done, Result, max(1, erlang:monotonic_time(nanosecond) - Started)})
        end,
        [monitor, {scheduler, 1}]
    ),
    receive
        {'DOWN', Monitor, process, Pid, {done, Result, Nanoseconds}} -> {Result, Nanoseconds};
        {'DOWN', Monitor, process, Pid, Reason} -> error(Reason)
    end.

verified(_, Value, Value, Completed) -> Completed;
verified(What, Actual, Expected, _) -> error({What, Actual, instead_of, Expected}).

%% In one thread.

run('ping-pong', _, Messages) ->
    Self = self(),
    Ponger = spawn_link(fun() -> ponger(Self, 0) end),
    spawn_link(fun() ->
        Ponger ! {ping, Messages - 1, self()},
        pinger(Self, Ponger, 0)
    end),
    Pongs = receive {pongs, P} -> P end,
    Ponger ! stop,
    Pings = receive {pings, Q} -> Q end,
    verified(messages, Pings + Pongs, Messages, Messages);
run(counting, _, Count) ->
    Self = self(),
    Counter = spawn_opt(fun() -> counter(0) end, [link, {message_queue_data, off_heap}]),
    spawn_link(fun() ->
        tell(Counter, Count),
        Counter ! {total, Self}
    end),
    Total = receive {total, T} -> T end,
    Counter ! stop,
    verified(total, Total, Count, Count);
run('thread-ring', _, Hops) ->
    Self = self(),
    First = spawn_link(fun() -> receive {link, Next} -> ring(Self, Next, 0) end end),
    Last = lists:foldl(
        fun(_, Next) -> spawn_link(fun() -> ring(Self, Next, 0) end) end, First, lists:seq(2, ?RING)
    ),
    First ! {link, Last},
    First ! {token, Hops - 1},
    receive finished -> ok end,
    Last ! {stop, First, 0},
    Made = receive {hops, H} -> H end,
    verified(hops, Made, Hops, Hops);
run('fork-join-create', _, Count) ->
    Self = self(),
    fork(Self, 0, Count),
    verified(sum, collect(Count, 0), Count * (Count - 1) div 2, Count);
run('fork-join-throughput', _, Count) ->
    Self = self(),
    Each = Count div ?FORK_JOIN,
    Workers = [spawn_link(fun() -> worker(Self, Each, 0) end) || _ <- lists:seq(1, ?FORK_JOIN)],
    spread(Workers, Each),
    verified(messages, collect(?FORK_JOIN, 0), Count, Count);
run(big, _, Messages) ->
    Self = self(),
    Pings = Messages div 2 div ?BIG,
    Members = [spawn_link(fun() -> big_start(Self, Index, Pings) end) || Index <- lists:seq(0, ?BIG - 1)],
    Actors = list_to_tuple(Members),
    [Member ! {start, Actors} || Member <- Members],
    Pongs = collect(?BIG, 0),
    [Member ! stop || Member <- Members],
    verified(pongs, Pongs, Messages div 2, Messages);
run(chameneos, _, Meetings) ->
    Self = self(),
    Mall = spawn_link(fun() -> mall(Self, Meetings, none, ?CREATURES, 0) end),
    [spawn_link(fun() -> creature_enter(Mall, Index rem 3) end) || Index <- lists:seq(0, ?CREATURES - 1)],
    Sum = receive {met, S} -> S end,
    verified(meetings, Sum, 2 * Meetings, Meetings);
run(fibonacci, _, N) ->
    Self = self(),
    spawn_link(fun() -> fibonacci(N, Self) end),
    Result = receive {result, R} -> R end,
    verified(result, Result, fib(N), 2 * Result - 1);
run(ask, _, Count) ->
    Server = spawn_link(fun() -> counter(0) end),
    Replies = ask_many(Server, Count, 0),
    Server ! stop,
    verified(replies, Replies, Count, Count);
run(memory, Variant, Count) ->
    Self = self(),
    Before = memory_held(),
    Idle = [spawn_link(fun() -> idle(Variant, 0) end) || _ <- lists:seq(1, Count)],
    % They have all come to rest when a process of the same priority that was spawned last has run, and then some.
    timer:sleep(200),
    Bytes = (memory_held() - Before) div Count,
    [One ! {add, 1, Self} || One <- Idle],
    Alive = collect(Count, 0),
    {verified(alive, Alive, Count, Count), value, Bytes};
%% Across threads.

run('xthread-tell', _, Count) ->
    Counter = receiver(),
    tell(Counter, Count),
    verified(total, stop_total(Counter), Count, Count);
run('xthread-nested', _, Count) ->
    Counter = receiver(),
    tell_nested(Counter, 0, Count),
    verified(total, stop_total(Counter), Count, Count);
run('xthread-ask', Variant, Count) ->
    Counter = receiver(),
    Latencies = [latency(Variant, Counter) || _ <- lists:seq(1, Count)],
    Counter ! stop,
    {Count, latencies, Latencies};
run('xthread-pipelined-ask', _, Count) ->
    Counter = receiver(),
    Self = self(),
    [Counter ! {echo, Self, 0, 1} || _ <- lists:seq(1, ?PIPELINE)],
    Replies = pipelined(Counter, Self, Count - ?PIPELINE, Count, 0),
    Counter ! stop,
    verified(replies, Replies, Count, Count);
run('xthread-bytes', "shared", Count) ->
    Counter = receiver(),
    Bytes = binary:copy(<<1>>, ?LARGE),
    Sum = bytes(Counter, Bytes, Count, 0),
    Counter ! stop,
    verified(messages, Sum, Count, Count);
run(cpu, _, Milliseconds) ->
    Counter = receiver(),
    Started = erlang:monotonic_time(millisecond),
    {Before, _} = statistics(runtime),
    Sent = trickle(Counter, Started, Milliseconds, 0),
    Elapsed = erlang:monotonic_time(millisecond) - Started,
    {After, _} = statistics(runtime),
    verified(total, stop_total(Counter), Sent, Sent),
    {Milliseconds, value, (After - Before) * 1000 / Elapsed}.

pinger(Parent, Ponger, Pongs) ->
    receive
        {pong, 0} -> Parent ! {pongs, Pongs + 1};
        {pong, Left} ->
            Ponger ! {ping, Left - 1, self()},
            pinger(Parent, Ponger, Pongs + 1)
    end.

ponger(Parent, Pings) ->
    receive
        {ping, Left, From} ->
            From ! {pong, Left - 1},
            ponger(Parent, Pings + 1);
        stop -> Parent ! {pings, Pings}
    end.

counter(Total) ->
    receive
        {add, By} -> counter(Total + By);
        #{type := accept, slot := Slot, value := #{op := put, val := Slot}} -> counter(Total + 1);
        {bytes, Bytes} when byte_size(Bytes) =:= ?LARGE -> counter(Total + binary:first(Bytes));
        {echo, From, Reference, Value} ->
            From ! {Reference, Value},
            counter(Total);
        {total, From} ->
            From ! {total, Total},
            counter(0);
        stop -> ok
    end.

tell(_, 0) -> ok;
tell(Counter, Count) ->
    Counter ! {add, 1},
    tell(Counter, Count - 1).

tell_nested(_, Count, Count) -> ok;
tell_nested(Counter, Slot, Count) ->
    Counter ! #{
        type => accept,
        ballot => #{n => 7, node => <<"node-3">>},
        slot => Slot,
        value => #{op => put, key => <<"account/42">>, val => Slot}
    },
    tell_nested(Counter, Slot + 1, Count).

ring(Parent, Next, Hops) ->
    receive
        {token, 0} ->
            Parent ! finished,
            ring(Parent, Next, Hops + 1);
        {token, Left} ->
            Next ! {token, Left - 1},
            ring(Parent, Next, Hops + 1);
        {stop, First, Sum} when First =:= self() -> Parent ! {hops, Sum + Hops};
        {stop, First, Sum} -> Next ! {stop, First, Sum + Hops}
    end.

fork(_, Count, Count) -> ok;
fork(Self, Index, Count) ->
    Child = spawn(fun() -> receive {work, Value, From} -> From ! {done, Value} end end),
    Child ! {work, Index, Self},
    fork(Self, Index + 1, Count).

collect(0, Sum) -> Sum;
collect(Left, Sum) -> receive {done, Value} -> collect(Left - 1, Sum + Value) end.

worker(Parent, Each, Each) -> Parent ! {done, Each};
worker(Parent, Each, Count) -> receive {one, _} -> worker(Parent, Each, Count + 1) end.

spread(_, 0) -> ok;
spread(Workers, Left) ->
    [Worker ! {one, Left} || Worker <- Workers],
    spread(Workers, Left - 1).

big_start(Parent, Index, Pings) ->
    receive
        {start, Actors} -> big(Parent, Actors, Index, Pings, 0, ping_other(Actors, Index, Index + 1));
        % Others may have begun already.
        {ping, From} ->
            From ! pong,
            big_start(Parent, Index, Pings)
    end.

big(Parent, Actors, Index, Pings, Pongs, Random) ->
    receive
        {ping, From} ->
            From ! pong,
            big(Parent, Actors, Index, Pings, Pongs, Random);
        pong when Pongs + 1 =:= Pings ->
            Parent ! {done, Pings},
            big(Parent, Actors, Index, Pings, Pongs + 1, Random);
        pong -> big(Parent, Actors, Index, Pings, Pongs + 1, ping_other(Actors, Index, Random));
        stop -> ok
    end.

ping_other(Actors, Index, Random) ->
    Next = (Random * 1103515245 + 12345) band 16#7fffffff,
    Other =
        case (Next bsr 8) rem (?BIG - 1) of
            Below when Below < Index -> Below;
            Above -> Above + 1
        end,
    element(Other + 1, Actors) ! {ping, self()},
    Next.

mall(Parent, _, _, 0, Sum) -> Parent ! {met, Sum};
mall(Parent, Meetings, Waiting, Creatures, Sum) ->
    receive
        {meet, _, From} when Meetings =:= 0 ->
            From ! close,
            case Waiting of
                {_, First} -> First ! close;
                none -> ok
            end,
            mall(Parent, 0, none, Creatures, Sum);
        {meet, Colour, From} when Waiting =:= none -> mall(Parent, Meetings, {Colour, From}, Creatures, Sum);
        {meet, Colour, From} ->
            {FirstColour, First} = Waiting,
            First ! {mate, Colour},
            From ! {mate, FirstColour},
            mall(Parent, Meetings - 1, none, Creatures, Sum);
        {met, Count} -> mall(Parent, Meetings, Waiting, Creatures - 1, Sum + Count)
    end.

creature_enter(Mall, Colour) ->
    Mall ! {meet, Colour, self()},
    creature(Mall, Colour, 0).

creature(Mall, Colour, Meetings) ->
    receive
        {mate, Other} ->
            Own = complement(Colour, Other),
            Mall ! {meet, Own, self()},
            creature(Mall, Own, Meetings + 1);
        close -> Mall ! {met, Meetings}
    end.

complement(Same, Same) -> Same;
complement(Left, Right) -> 3 - Left - Right.

fibonacci(N, To) when N =< 2 -> To ! {result, 1};
fibonacci(N, To) ->
    Self = self(),
    spawn(fun() -> fibonacci(N - 1, Self) end),
    spawn(fun() -> fibonacci(N - 2, Self) end),
    First = receive {result, F} -> F end,
    Second = receive {result, S} -> S end,
    To ! {result, First + Second}.

fib(N) when N =< 2 -> 1;
fib(N) -> fib(N - 1) + fib(N - 2).

ask_many(_, 0, Replies) -> Replies;
ask_many(Server, Left, Replies) -> ask_many(Server, Left - 1, Replies + ask(Server)).

ask(Server) ->
    Reference = make_ref(),
    Server ! {echo, self(), Reference, 1},
    receive {Reference, Value} -> Value end.

idle(Variant, Count) when Variant =:= "hibernated" ->
    erlang:hibernate(erlang, apply, [fun idle_woken/1, [Count]]);
idle(_, Count) -> idle_woken(Count).

idle_woken(Count) -> receive {add, By, From} -> From ! {done, Count + By} end.

memory_held() ->
    garbage_collect(),
    erlang:memory(total).

receiver() ->
    spawn_opt(fun() -> counter(0) end, [link, {scheduler, 2}, {message_queue_data, off_heap}]).

stop_total(Counter) ->
    Counter ! {total, self()},
    Total = receive {total, T} -> T end,
    Counter ! stop,
    Total.

latency("rested", Counter) ->
    timer:sleep(2),
    latency("busy", Counter);
latency(_, Counter) ->
    Started = erlang:monotonic_time(nanosecond),
    1 = ask(Counter),
    erlang:monotonic_time(nanosecond) - Started.

pipelined(_, _, _, 0, Replies) -> Replies;
pipelined(Counter, Self, ToSend, Left, Replies) ->
    receive
        {0, Value} when ToSend > 0 ->
            Counter ! {echo, Self, 0, 1},
            pipelined(Counter, Self, ToSend - 1, Left - 1, Replies + Value);
        {0, Value} -> pipelined(Counter, Self, 0, Left - 1, Replies + Value)
    end.

%% Two acknowledgements ahead of the receiver.
bytes(Counter, Bytes, Count, Sum) ->
    send_bytes(Counter, Bytes),
    bytes(Counter, Bytes, Count - ?PER_ACKNOWLEDGEMENT, Sum, 1).

bytes(_, _, 0, Sum, 0) -> Sum;
bytes(Counter, Bytes, Left, Sum, Open) when Left > 0, Open < 2 ->
    send_bytes(Counter, Bytes),
    bytes(Counter, Bytes, Left - ?PER_ACKNOWLEDGEMENT, Sum, Open + 1);
bytes(Counter, Bytes, Left, Sum, Open) ->
    receive {total, Total} -> bytes(Counter, Bytes, Left, Sum + Total, Open - 1) end.

send_bytes(Counter, Bytes) ->
    [Counter ! {bytes, Bytes} || _ <- lists:seq(1, ?PER_ACKNOWLEDGEMENT)],
    Counter ! {total, self()}.

trickle(Counter, Started, Milliseconds, Sent) ->
    Elapsed = min(erlang:monotonic_time(millisecond) - Started, Milliseconds),
    tell(Counter, Elapsed - Sent),
    case Elapsed of
        Milliseconds -> Elapsed;
        _ ->
            timer:sleep(1),
            trickle(Counter, Started, Milliseconds, Elapsed)
    end.
